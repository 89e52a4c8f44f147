/** Where log lines go: `console`, pino, winston and consola all fit as they are. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
