/** Of gateway and jobs, which are released together. */
export const VERSION = '0.1.0';
