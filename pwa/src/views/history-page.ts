// What lazy.tsx fetches of the history as one file: its page, and the library that draws the charts.
import '../app'; // stays one file, see views/more.ts
export { History } from '../history/History';
