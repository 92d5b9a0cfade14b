/** A layer that may take part in a hint. */
export interface PairLayer {
  name: string;
  /** Its place among the rows, or columns, of the similarities. */
  index: number;
  /** Where it lies between the input (0) and the output (1). */
  depth: number;
}

export interface Pair {
  teacher: PairLayer;
  student: PairLayer;
  similarity: number;
}

/** Pairs that are less alike than this are no good hints. */
const LEAST_SIMILARITY = 0.2;
/** How much a pair loses that lies at opposite ends of the two models. */
const DEPTH_COST = 0.3;

/**
 * The best pairs for hints: spread over the depth of the student, one from each part of it, in the same order in both
 * models, and alike. Found by dynamic programming over the parts: of all choices the one with the largest sum of
 * similarities, each less what joining the two costs and what they differ in depth.
 *
 * @param similarityOf NaN for pairs that do not count.
 * @param costOf what joining the two costs, in units of similarity; null where nothing joins them.
 * @param most how many pairs at most.
 * @returns the most alike first.
 */
export function choosePairs(
  teachers: readonly PairLayer[],
  students: readonly PairLayer[],
  similarityOf: (teacher: PairLayer, student: PairLayer) => number,
  costOf: (teacher: PairLayer, student: PairLayer) => number | null,
  most = 5,
): Pair[] {
  const parts = Math.min(most, students.length);
  /** By the last teacher that was taken, −1 for none: the best choice so far. */
  let best = new Map<number, Choice>([[-1, { score: 0, pairs: null }]]);
  for (let part = 0; part < parts; part += 1) {
    const first = Math.floor((part * students.length) / parts);
    const last = Math.floor(((part + 1) * students.length) / parts);
    const next = new Map(best);
    for (const [order, teacher] of teachers.entries()) {
      const before = bestBefore(best, order);
      for (const student of students.slice(first, last)) {
        const similarity = similarityOf(teacher, student);
        const cost = similarity >= LEAST_SIMILARITY ? costOf(teacher, student) : null;
        if (cost === null) continue;
        const gain = similarity - cost - DEPTH_COST * Math.abs(teacher.depth - student.depth);
        const score = before.score + gain;
        if (gain <= 0 || score <= (next.get(order)?.score ?? -Infinity)) continue;
        next.set(order, { score, pairs: { pair: { teacher, student, similarity }, rest: before.pairs } });
      }
    }
    best = next;
  }
  const chosen = bestBefore(best, teachers.length);
  return listed(chosen.pairs).sort((a, b) => b.similarity - a.similarity);
}

interface Choice {
  score: number;
  pairs: { pair: Pair; rest: Choice['pairs'] } | null;
}

/** The best choice whose last teacher comes before this one. */
function bestBefore(choices: ReadonlyMap<number, Choice>, order: number): Choice {
  let best: Choice = { score: 0, pairs: null };
  for (const [last, choice] of choices) if (last < order && choice.score > best.score) best = choice;
  return best;
}

function listed(pairs: Choice['pairs']): Pair[] {
  return pairs === null ? [] : [...listed(pairs.rest), pairs.pair];
}
