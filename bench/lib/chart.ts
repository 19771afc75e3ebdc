import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'

import type { Result } from './report.js'

const WIDTH = 520
const ROW_HEIGHT = 20
/** Ratios are clipped to this range, so that one of them does not squeeze all others. */
const DOMAIN = [0.01, 1000]

/** All ratios as an SVG chart: a point for the median, a line from the 10th to the 90th percentile, a tick for the goal. */
export async function chart(results: readonly Result[], caption: string): Promise<string> {
  const values = results.flatMap(({ name, rows }) =>
    rows.flatMap((row) => {
      if ('why' in row) return []
      const { median, low, high } = row.comparison.ratio
      const outcome = row.goal === undefined ? 'no goal' : row.met ? 'goal met' : 'goal not met'
      const goal = row.goalRatio ?? null
      return [{ what: `${name}: ${row.figure} (÷ ${row.peer})`, median, low, high, goal, outcome }]
    }),
  )
  const y = { field: 'what', type: 'nominal', sort: null, title: null, axis: { labelLimit: WIDTH } } as const
  const scale = { type: 'log', domain: DOMAIN, clamp: true } as const
  const spec: TopLevelSpec = {
    title: { text: 'Ours ÷ peer, median and 10th to 90th percentile', subtitle: caption },
    width: WIDTH,
    height: { step: ROW_HEIGHT },
    background: 'white',
    data: { values },
    encoding: { y },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, opacity: 0.5 },
        encoding: { x: { field: 'low', type: 'quantitative', scale, title: 'ratio' }, x2: { field: 'high' } },
      },
      {
        mark: { type: 'tick', thickness: 2, color: 'black' },
        encoding: { x: { field: 'goal', type: 'quantitative', scale } },
      },
      {
        mark: { type: 'point', filled: true, size: 60, opacity: 1 },
        encoding: {
          x: { field: 'median', type: 'quantitative', scale },
          color: {
            field: 'outcome',
            title: null,
            scale: {
              domain: ['goal met', 'goal not met', 'no goal'],
              range: ['#2a7f3f', '#c0392b', '#4c6a92'],
            },
          },
        },
      },
    ],
  }
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()
}
