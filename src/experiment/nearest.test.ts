import { describe, expect, it } from 'vitest';
import { alternatives, didYouMean, isSlipOf, nearestWord, nearestWords } from './nearest';

const KEYS = ['name', 'seed', 'data', 'teacher', 'student', 'distill', 'train', 'evaluate', 'weightDecay'];

describe('nearestWord', () => {
  it.each([
    ['nmae', KEYS, 'name'],
    ['Students', KEYS, 'student'],
    ['weight_decay', KEYS, 'weightDecay'],
    ['batchSize', ['epochs', 'batch'], 'batch'],
    ['learning_rate', ['name', 'lr'], 'lr'],
    ['learningRate', ['name', 'lr'], 'lr'],
    ['KL', ['kl', 'cross-entropy'], 'kl'],
    ['crossentropy', ['kl', 'cross-entropy'], 'cross-entropy'],
    ['mnits', ['digits', 'mnist', 'fashion-mnist'], 'mnist'],
    ['conv9', ['conv1', 'conv2'], 'conv1'],
    ['conv2/relu', ['conv1/relu', 'conv2/bn', 'conv22/relu'], 'conv1/relu'],
  ])('%s → %3$s', (word, candidates, expected) => {
    expect(nearestWord(word, candidates)).toBe(expected);
  });

  it.each([['xyzzy'], ['loss'], [''], ['-']])('finds nothing near "%s"', (word) => {
    expect(nearestWord(word, KEYS)).toBeUndefined();
  });
});

describe('nearestWords', () => {
  it('gives the nearest first, equals in their order, no more than asked', () => {
    expect(nearestWords('block2', ['block31', 'block3', 'block1', 'block2'])).toEqual([
      'block2',
      'block3',
      'block1',
    ]);
    expect(nearestWords('block2', ['block31', 'block3', 'block1'], 1)).toEqual(['block3']);
  });
  it('gives nothing without candidates', () => {
    expect(nearestWords('block2', [])).toEqual([]);
  });
});

describe('isSlipOf', () => {
  it.each([
    ['weights', 'weight', true],
    ['Batch', 'batch', true],
    ['batch', 'path', false],
    ['learning_rate', 'lr', true],
  ])('%s, %s: %s', (word, other, expected) => {
    expect(isSlipOf(word, other)).toBe(expected);
  });
});

describe('sentences', () => {
  it('asks with one, two and three words, and not without', () => {
    expect(didYouMean([])).toBe('');
    expect(didYouMean(['a'])).toBe(' Did you mean `a`?');
    expect(didYouMean(['a', 'b'])).toBe(' Did you mean `a` or `b`?');
    expect(didYouMean(['a', 'b', 'c'])).toBe(' Did you mean `a`, `b` or `c`?');
    expect(alternatives(['a', 'b'], 'and')).toBe('`a` and `b`');
  });
});
