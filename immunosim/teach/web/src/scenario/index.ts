export { setValue, laidOver, differences, type Changes } from "./change";
export { commandFor } from "./command";
export { ScenarioFault } from "./fault";
export { decodeLink, encodeLink } from "./link";
export { keyOf } from "./patient";
export { prepare, type Prepared } from "./prepare";
export { readToml, writeToml } from "./toml";
