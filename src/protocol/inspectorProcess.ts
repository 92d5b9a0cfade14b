/** The file descriptor, of the inspector, that its watchdog writes to: the thread that owns the channel is stuck. */
export const STUCK_DESCRIPTOR = 4;

/** Environment variable of the inspector with the time limit for code of models, in seconds. */
export const TIME_LIMIT_VARIABLE = 'DISTILLERY_INSPECTOR_TIME_LIMIT';

/** Seconds that code of a model may take, unless the setting says otherwise. */
export const DEFAULT_TIME_LIMIT = 10;
