// What lazy.tsx fetches as one file. It names what is there already, so that the bundler does not cut
// that into the pieces that this one and the others use: one file is smaller than many.
import '../app';
export { AddDevices } from './AddDevices';
export { Devices } from './Devices';
export { Inverter } from './Inverter';
