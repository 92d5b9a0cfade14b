import { describe, expect, test } from 'vitest';
import { AdapterMismatch, planAdapter } from './adapters';

describe('planAdapter', () => {
  test('calls what joins vectors a linear layer', () => {
    expect(planAdapter('auto', [256], [64]).reason).toBe(
      '256 units → 64 units: only the number of units differs, a linear layer joins them.',
    );
    expect(planAdapter('auto', [8, 8, 256], [8, 8, 64]).reason).toMatch(/only the channels differ, a 1×1/);
  });

  test.each([
    [[16, 16, 32], [16, 16, 32], 'none'],
    [[16, 16, 16], [16, 16, 32], 'conv1x1'],
    [[16, 16, 16], [8, 8, 32], 'strided'],
    [[8, 8, 16], [16, 16, 32], 'transposed'],
    [[10, 9, 16], [8, 8, 32], 'regressor'],
    [[800], [1200], 'conv1x1'],
    [[800], [800], 'none'],
  ])('auto joins %j to %j by %s', (guided, hint, kind) => {
    expect(planAdapter('auto', guided, hint).kind).toBe(kind);
  });

  test.each([
    [
      [8, 8, 16],
      [10, 10, 16],
    ],
    [[8, 8, 16], [128]],
    [
      [64, 4],
      [16, 16],
    ],
    [
      [-1, -1, 16],
      [8, 8, 16],
    ],
  ])('auto refuses %j to %j', (guided, hint) => {
    expect(() => planAdapter('auto', guided, hint)).toThrow(AdapterMismatch);
  });

  test('a wrong kind is refused with the right one', () => {
    expect(() => planAdapter('none', [16, 16, 16], [16, 16, 32])).toThrow(
      'The adapter "none" cannot lead from the guided layer 16×16×16 to the hint 16×16×32: it needs equal shapes. Use `adapter: conv1x1` or `auto`.',
    );
    try {
      planAdapter('conv1x1', [8, 8, 16], [16, 16, 32]);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(AdapterMismatch);
      expect(error).toHaveProperty('suggestion', 'transposed');
    }
  });

  test('a 1×1 adapter may be asked for where shapes are equal already', () => {
    expect(planAdapter('conv1x1', [4, 4, 8], [4, 4, 8]).kind).toBe('conv1x1');
  });
});
