// What lazy.tsx fetches of plugs as one file: their pages, and their parts of other pages. They need much
// of what more.ts has; named here it stays one file, as there.
import './more';
export { PlugsCard } from '../components/PlugsCard';
export { FoundPlug, FoundPlugs } from '../components/FoundPlug';
export { PlugOptions } from '../components/PlugOptions';
export { PlugFacts } from '../components/PlugFacts';
export { TapoAccount } from '../components/TapoAccount';
export { Plug } from './Plug';
export { Plugs } from './Plugs';
