/** Stops a request at `timeoutMs`, or earlier when the caller's signal fires. */
export function requestSignal(timeoutMs: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
}

/** What a port throws when its caller's signal fired. */
export function abortError(): DOMException {
  return new DOMException('The request was stopped by its caller.', 'AbortError');
}
