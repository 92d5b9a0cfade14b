import { expect, it } from 'vitest';
import { listZoo } from '../models/zoo/zoo';
import { zooModels } from './zoo';

it('tells of the models of the zoo what they say of themselves', () => {
  const parsed = zooModels.map((model) => ({
    ...model,
    options: model.options.map((option) => ({
      ...option,
      default: option.default === null ? undefined : (JSON.parse(option.default) as unknown),
    })),
  }));
  const told = listZoo().map(({ name, description, options }) => ({ name, description, options }));
  expect(parsed).toEqual(told);
});
