/** Stands for the partition in the names of journal, fence and `stateApplied`. No hub names a partition so. */
export const retryPartitionId = 'retry';
