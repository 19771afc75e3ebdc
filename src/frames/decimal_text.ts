import { InvalidArgumentError } from '../base/errors.js'
import { show } from '../base/validators.js'

/** The decimal `unscaled` / 10^`scale` with all its digits: -1234 of scale 2 is "-12.34". */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale <= 0) return (unscaled * 10n ** BigInt(-scale)).toString()
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The digits of a finite number without an exponent: 1e-7 is "0.0000001". They are those that the number prints with, and no more. */
export function digitsOfNumber(value: number): string {
  const [, sign = '', whole = '', fraction = '', exponent] =
    /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(String(value)) ?? []
  if (exponent === undefined) return String(value)
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return sign + digits.padEnd(point, '0')
}

/** The unscaled integer of a decimal written out. Digits beyond the scale must be zero: nothing is rounded in silence. */
export function parseDecimal(text: string, scale: number): bigint {
  const [, sign, whole, fraction = ''] = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text) ?? []
  if (whole === undefined) throw new InvalidArgumentError(`${show(text)} is no decimal number`)
  const digits = scale >= 0 ? whole + fraction.slice(0, scale).padEnd(scale, '0') : whole.slice(0, scale)
  const rest = scale >= 0 ? fraction.slice(scale) : whole.slice(scale) + fraction
  if (/[1-9]/.test(rest))
    throw new InvalidArgumentError(`${text} has more digits than the scale ${scale} of the column`)
  const unscaled = BigInt(digits === '' ? '0' : digits)
  return sign === '-' ? -unscaled : unscaled
}
