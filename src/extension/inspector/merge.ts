import type { ExperimentPicture, InspectedModel } from '../../protocol/inspection';

/**
 * A new picture with what is still worth showing of the one before it: a model that does not build just now keeps the
 * table that it had, and a text that cannot be read just now keeps its models.
 */
export function keepLastGood(fresh: ExperimentPicture, before: ExperimentPicture): ExperimentPicture {
  const isUnreadable = fresh.student === null && fresh.teachers.length === 0;
  if (isUnreadable) {
    const { student, teachers } = before;
    return { ...fresh, student, teachers, files: [...new Set([...fresh.files, ...before.files])] };
  }
  return {
    ...fresh,
    student: fresh.student === null ? before.student : keepTable(fresh.student, before.student),
    teachers: fresh.teachers.map((teacher, member) => keepTable(teacher, before.teachers[member] ?? null)),
  };
}

/** Whether part of a picture is older than the rest: `keepLastGood` put it there. */
export function isPartlyOld(kept: ExperimentPicture, fresh: ExperimentPicture): boolean {
  return (
    kept.student?.table !== fresh.student?.table ||
    kept.teachers.length !== fresh.teachers.length ||
    kept.teachers.some(({ table }, member) => table !== fresh.teachers[member]?.table)
  );
}

function keepTable(fresh: InspectedModel, before: InspectedModel | null): InspectedModel {
  const isKept = fresh.table === null && before !== null && before.reference === fresh.reference;
  return isKept ? { ...fresh, table: before.table } : fresh;
}
