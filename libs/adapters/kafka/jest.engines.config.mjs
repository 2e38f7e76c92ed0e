import { engines } from '../../../jest.preset.mjs';

export default engines(import.meta.dirname);
