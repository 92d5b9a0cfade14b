import { describe, expect, it } from 'vitest';
import { deepTable, fabricateSimilarity, yolo4Table, zooTable } from './layerTables';
import { hint, openedPickers } from './picker';

const open = openedPickers();
const mnist = [28, 28, 1] as const;
const cifar = [32, 32, 3] as const;

describe('the pictures', () => {
  it.each(['dark', 'light', 'hc', 'hcLight'] as const)('of two small nets, in %s', async (theme) => {
    const teacher = await zooTable('conv-wide', mnist, '/study/models/teacher.ts');
    const student = await zooTable('conv-thin', mnist, '/study/models/student.ts');
    const hints = [hint('block1/relu', 'block1/relu', { adapter: 'conv1x1', weight: 0.5 })];
    const opened = await open({ theme, teacher, student, hints, width: 1200, height: 800 });
    await opened.picture(`hints-mnist-${theme}`);
    await opened.click('teacher', 'block2/relu');
    await opened.click('student', 'block2/relu');
    await opened.picture(`hints-mnist-pair-${theme}`);
  });

  it('of ResNet-56 and ResNet-20', async () => {
    const teacher = await zooTable('resnet56', cifar);
    const student = await zooTable('resnet20', cifar);
    const hints = [
      hint('stage1/block9/relu', 'stage1/block3/relu'),
      hint('stage2/block9/relu', 'stage2/block3/relu', { weight: 0.5 }),
    ];
    const opened = await open({ teacher, student, hints, width: 1300, height: 900 });
    await opened.picture('hints-resnet');
    await opened.click('teacher', 'stage2/block5/relu');
    await opened.picture('hints-resnet-candidates');
    await opened.page.getByRole('button', { name: 'Show everything' }).click();
    await opened.settled();
    await opened.picture('hints-resnet-all');
  });

  it('of YOLOv4 and a small net', async () => {
    const teacher = yolo4Table();
    expect(teacher.rows).toHaveLength(162);
    const student = await zooTable('resnet20', [800, 800, 3]);
    const opened = await open({ teacher, student, width: 1300, height: 900 });
    await opened.picture('hints-yolov4');
    await opened.page.getByRole('button', { name: 'Show everything' }).click();
    await opened.settled();
    await opened.picture('hints-yolov4-all');
    console.info(
      `YOLOv4: laid out in ${Math.round(await opened.measured('layout'))} ms, painted in ${Math.round(await opened.measured('paint'))} ms`,
    );
  });

  it('of a similarity matrix', async () => {
    for (const theme of ['dark', 'light'] as const) {
      const teacher = await zooTable('conv-wide', mnist);
      const student = await zooTable('conv-thin', mnist);
      const opened = await open({ theme, teacher, student, width: 1200, height: 800 });
      await opened.page.getByText('Suggest hints').click();
      await opened.similarity({ kind: 'done', member: 0, matrix: fabricateSimilarity(teacher, student) });
      await opened.settled();
      await opened.picture(`hints-similarity-${theme}`);
    }
  });

  it('of a thousand layers, laid out without the page standing still', async () => {
    const opened = await open({
      teacher: deepTable(1000),
      student: deepTable(300),
      width: 1300,
      height: 900,
    });
    await opened.picture('hints-thousand');
    await opened.page.getByText('All layers').click();
    await opened.page.waitForFunction(() => performance.getEntriesByName('distillery:paint').length > 1);
    await opened.settled();
    await opened.picture('hints-thousand-expanded');
    console.info(
      `1,000 layers: laid out in ${Math.round(await opened.measured('layout'))} ms, painted in ${Math.round(await opened.measured('paint'))} ms`,
    );
  });
});
