// What lazy.tsx fetches as one file.
export { AddDevices } from './AddDevices';
export { Devices } from './Devices';
export { Inverter } from './Inverter';
