// SPDX-License-Identifier: MIT
using Phi4.Core.Batching;
using Phi4.Core.Scheduling;

namespace Phi4.Core.Tests.Scheduling;

/// <summary>Steps of a scheduler without a model.</summary>
internal static class SchedulerSteps
{
    /// <summary>What the engine does behind a step: every wanted row is answered, and who has ended leaves.</summary>
    public static void Complete(this Scheduler scheduler, Batch batch)
    {
        scheduler.Advance();
        foreach (int row in batch.WantedRows)
        {
            (ScheduledSequence sequence, int position) = scheduler.OwnerOf(row);
            sequence.Accept(position, []);
        }

        scheduler.Retire();
    }
}
