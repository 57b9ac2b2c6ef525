export const tokenFields = [
  'promptTokens',
  'completionTokens',
  'totalTokens',
  'cachedTokens',
  'reasoningTokens',
] as const;
/** A call adds one unit of its own digit to one of the sums; up to 7 of it stay apart from the next digit. */
export const digitBase = 8;
const digitsPerField = 17;
export const slotsMax = digitsPerField * tokenFields.length;

export function tokenOf(slot: number): {field: (typeof tokenFields)[number]; amount: number} {
  return {
    field: tokenFields[slot % tokenFields.length]!,
    amount: digitBase ** Math.floor(slot / tokenFields.length),
  };
}

/** The service's usage object of a call. */
export function usageOf(slot: number): object {
  const {field, amount} = tokenOf(slot);
  return {
    prompt_tokens: field === 'promptTokens' ? amount : 0,
    completion_tokens: field === 'completionTokens' ? amount : 0,
    total_tokens: field === 'totalTokens' ? amount : 0,
    prompt_tokens_details: {cached_tokens: field === 'cachedTokens' ? amount : 0},
    completion_tokens_details: {reasoning_tokens: field === 'reasoningTokens' ? amount : 0},
  };
}
