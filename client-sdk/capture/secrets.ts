/** Names under which people keep what must not be told. */
const SECRET_NAME =
  /TOKEN(?!IZER)|SECRET|PASSW|PASSPHRASE|_PWD|CREDENTIAL|KEY|AUTH(?!OR)|COOKIE|SESSION|PRIVATE|SIGNATURE|WEBHOOK|DSN/i

/** Beginnings that issuers put on their tokens so that they can be found. */
const ISSUED =
  /(?<![A-Za-z0-9])(?:(?:AKIA|ASIA)[0-9A-Z]{12}|gh[opsur]_|github_pat_|glpat-|xox[abprs]-|sk-|AIza|npm_|pypi-|hf_|eyJ)|-----BEGIN/

/** A URL may carry a password, and says where something is. */
const URL = /[a-z][a-z0-9+.-]*:\/\//i

/** An absolute path, or one from a home folder, at the beginning or after a separator. */
const PATH = /(?:^|[\s=:,;"'@])(?:~?\/|~|[A-Za-z]:[\\/]|\\\\)/

/** A longer value is not a setting; what is in it cannot be overseen. */
const VALUE_MAX_LENGTH = 1024

/** Shorter texts are settings more often than secrets. */
const RUN_MIN_LENGTH = 20

/** Bits a character: words stay below 3.2, random hexadecimal digits and letters above. */
const RANDOM_MIN_BITS = 3.2

/** A shorter name of a user or host is found in ordinary words. */
const IDENTITY_MIN_LENGTH = 3

/**
 * Why a variable must not be recorded; undefined when nothing speaks against it.
 *
 * When in doubt it speaks against: a fact that is missing costs less than a secret in a log that never forgets.
 */
export function secretIn(
  name: string,
  value: string,
  identities: readonly string[],
): string | undefined {
  if (SECRET_NAME.test(name)) return 'its name is that of a secret'
  if (value.length > VALUE_MAX_LENGTH) return 'its value is too long'
  if (ISSUED.test(value) || SECRET_NAME.test(value) || looksRandom(value)) {
    return 'its value looks like a secret'
  }
  if (URL.test(value)) return 'its value holds a URL'
  if (PATH.test(value)) return 'its value holds a path'
  for (const identity of identities) {
    if (identity.length >= IDENTITY_MIN_LENGTH && value.includes(identity)) {
      return 'its value names this machine or user'
    }
  }
  return undefined
}

/** Whether a text holds a long stretch of letters and digits without the habits of language. */
function looksRandom(text: string): boolean {
  const plain = text.match(/[A-Za-z0-9]+/g) ?? []
  const encoded = text.match(/[A-Za-z0-9+/_=-]+/g) ?? []
  return (
    plain.some((run) => isRandom(run) && /[A-Za-z]/.test(run) && /\d.*\d.*\d/.test(run)) ||
    encoded.some((run) => isRandom(run) && /[a-z]/.test(run) && /[A-Z]/.test(run) && /\d/.test(run))
  )
}

function isRandom(run: string): boolean {
  return run.length >= RUN_MIN_LENGTH && bitsPerCharacter(run) >= RANDOM_MIN_BITS
}

/** Shannon's entropy of the characters of a text. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>()
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}
