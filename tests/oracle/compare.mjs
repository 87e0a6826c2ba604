// node compare.mjs OURS [TABLE]: asks taiwan-id-validator about the numbers in OURS ("kind number
// verdict" a line), prints counts and every difference, and writes each 50th with the package's
// verdict to TABLE. Exit status 1 for a difference that is not explained here.
import { readFileSync, writeFileSync } from 'node:fs'
import { isBan, isIdCardNumber } from 'taiwan-id-validator'

const verdicts = {
  national: (text) => isIdCardNumber(text, { nationalId: true, uiNumber: false }),
  resident: (text) => isIdCardNumber(text, { nationalId: false, uiNumber: true }),
  ubn: (text) => isBan(text),
}
const explained = {
  'ubn 00000000':
    'its digits sum up to 0, a multiple of 5, so the package takes it; the Ministry of Finance gives it to no one',
}

const counts = {}
const table = []
let unexplained = 0
readFileSync(process.argv[2], 'utf8').trimEnd().split('\n').forEach((line, index) => {
  const [kind, text, ours] = line.split(' ')
  const theirs = verdicts[kind](text)
  const count = (counts[kind] ??= { right: 0, wrong: 0, different: 0 })
  count[theirs ? 'right' : 'wrong'] += 1
  if (theirs !== (ours === '1')) {
    const reason = explained[`${kind} ${text}`]
    count.different += 1
    unexplained += reason ? 0 : 1
    console.log(`${kind} ${text}: package ${theirs}, ours ${ours === '1'}: ${reason ?? 'NOT EXPLAINED'}`)
  }
  if (index % 50 === 0) {
    table.push(`${kind} ${text} ${theirs ? 1 : 0}\n`)
  }
})
for (const [kind, { right, wrong, different }] of Object.entries(counts)) {
  console.log(`${kind}: ${right} right, ${wrong} wrong, ${different} different`)
}
if (process.argv[3]) {
  writeFileSync(process.argv[3], table.join(''))
}
process.exit(unexplained === 0 ? 0 : 1)
