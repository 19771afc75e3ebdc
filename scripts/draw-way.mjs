#!/usr/bin/env node
// Draws docs/images/way-of-a-batch.svg, the way of a batch between four languages, from the text below. With --check it fails
// when the picture is not what the text gives.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { root } from './lib/project.mjs'

const path = join(root, 'docs/images/way-of-a-batch.svg')

const writer = { title: 'the writer', lines: ['write(df)', 'pipe() · toArena()', 'loan(), commit()'] }
const slots = ['history', 'held', 'unread', 'unread', 'claimed', '']
const readers = [
  { title: 'Node.js', line: 'for await · pipe() · RxJS' },
  { title: 'Python', line: 'Polars · pyarrow · asyncio' },
  { title: 'Rust', line: 'arrow-rs · Polars · tokio' },
  { title: 'C++', line: 'Arrow C++ · the C ABI' },
]
const captions = {
  write: 'one copy in',
  read: 'read in place: no copy',
  ring: 'a ring in POSIX shared memory, one slot = one Arrow IPC file',
  pressure: 'back-pressure: write() waits for the slowest reader',
}

const width = 912
const height = 330
const box = { left: 16, top: 95, width: 170, height: 110 }
const ring = { left: 270, top: 110, slot: 58, height: 80 }
const place = { left: 684, top: 20, width: 208, height: 58, gap: 14 }

const text = (x, y, words, of = '') => `<text x="${x}" y="${y}"${of && ` class="${of}"`}>${words}</text>`
const rect = (x, y, w, h, of) => `<rect x="${x}" y="${y}" width="${w}" height="${h}" rx="6" class="${of}"/>`

const middle = box.top + box.height / 2
const ringRight = ring.left + slots.length * ring.slot
const readerMiddle = (i) => place.top + i * (place.height + place.gap) + place.height / 2

const parts = [
  rect(box.left, box.top, box.width, box.height, 'party'),
  text(box.left + box.width / 2, box.top + 26, writer.title, 'title'),
  ...writer.lines.map((line, i) => text(box.left + box.width / 2, box.top + 50 + 20 * i, line, 'code')),
  `<path d="M${box.left + box.width} ${middle} H${ring.left - 8}" class="flow"/>`,
  text((box.left + box.width + ring.left) / 2, middle - 10, captions.write, 'small'),
  ...slots.flatMap((name, i) => {
    const x = ring.left + i * ring.slot
    return [
      `<rect x="${x}" y="${ring.top}" width="${ring.slot}" height="${ring.height}" class="slot ${name || 'free'}"/>`,
      text(x + ring.slot / 2, ring.top + ring.height / 2 + 5, name, 'small'),
    ]
  }),
  text((ring.left + ringRight) / 2, ring.top - 16, captions.ring, 'small'),
  ...readers.flatMap(({ title, line }, i) => {
    const y = readerMiddle(i)
    return [
      `<path d="M${ringRight} ${middle} C${ringRight + 40} ${middle} ${place.left - 50} ${y} ${place.left - 8} ${y}" class="flow"/>`,
      rect(place.left, y - place.height / 2, place.width, place.height, 'party'),
      text(place.left + place.width / 2, y - 6, title, 'title'),
      text(place.left + place.width / 2, y + 16, line, 'code'),
    ]
  }),
  text((ring.left + ringRight) / 2, ring.top + ring.height + 24, captions.read, 'small'),
  `<path d="M${place.left - 30} ${height - 12} H${box.left + box.width / 2} V${box.top + box.height + 8}" class="back"/>`,
  text((ring.left + ringRight) / 2, height - 22, captions.pressure, 'small'),
]

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="way">
<title id="way">A batch on its way: ${captions.write}, ${captions.ring}; ${captions.read}; ${captions.pressure}</title>
<style>
svg { --paper: #ffffff; --ink: #1f2328; --soft: #59636e; --party: #f6f8fa; --line: #8c959f; --flow: #0969da; --back: #bc4c00; --unread: #ddf4ff; --held: #fbefff; }
@media (prefers-color-scheme: dark) {
svg { --paper: #0d1117; --ink: #f0f6fc; --soft: #9198a1; --party: #151b23; --line: #656c76; --flow: #4493f8; --back: #db6d28; --unread: #12283d; --held: #2b1d3f; }
}
.paper { fill: var(--paper); }
text { font: 13px system-ui, sans-serif; fill: var(--ink); text-anchor: middle; }
.title { font-weight: 600; font-size: 15px; }
.code { font: 12px ui-monospace, monospace; fill: var(--soft); }
.small { font-size: 12px; fill: var(--soft); }
.party { fill: var(--party); stroke: var(--line); }
.slot { fill: none; stroke: var(--line); }
.unread { fill: var(--unread); }
.held { fill: var(--held); }
.claimed { stroke-dasharray: 4 3; }
.flow, .back { fill: none; stroke: var(--flow); stroke-width: 1.6; marker-end: url(#tip); }
.back { stroke: var(--back); stroke-dasharray: 6 4; marker-end: url(#back); }
.flowing { fill: var(--flow); }
.backing { fill: var(--back); }
</style>
<defs>
<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" class="flowing"/></marker>
<marker id="back" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" class="backing"/></marker>
</defs>
<rect width="${width}" height="${height}" rx="8" class="paper"/>
${parts.join('\n')}
</svg>
`

if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== svg) {
    console.error('docs/images/way-of-a-batch.svg is not what scripts/draw-way.mjs draws: run it')
    process.exit(1)
  }
} else {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, svg)
}
