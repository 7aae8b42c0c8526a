// SPDX-License-Identifier: MIT
using Phi4.Core.Sampling;
using Phi4.Core.Scheduling;
using Phi4.Kernels;

namespace Phi4.Core.Generation;

/// <summary>Has tokens chosen where the logits are, so that a step brings a number a row to the host instead of the whole row.</summary>
internal sealed class DeviceSampler : IDisposable
{
    private const int None = -1;

    private readonly IKernels _kernels;
    private readonly DevicePlan _plan;
    private readonly KernelBuffer _memory;
    private readonly TensorView _planOnDevice;
    private readonly TensorView _chosenOnDevice;
    private readonly int[] _chosen;

    /// <param name="kernels">A backend that samples itself.</param>
    /// <param name="rowCapacity">Most rows of logits at once.</param>
    /// <param name="vocabSize">V.</param>
    public DeviceSampler(IKernels kernels, int rowCapacity, int vocabSize)
    {
        _kernels = kernels;
        _plan = new DevicePlan(rowCapacity, vocabSize);
        _chosen = new int[rowCapacity];
        int planBytes = SamplingPlan.ByteCount(rowCapacity, vocabSize);
        _memory = kernels.Allocate(ByteCount(rowCapacity, vocabSize), "sampling");
        _planOnDevice = _memory.View(DType.U8, 1, planBytes);
        _chosenOnDevice = _memory.View(DType.I32, 1, rowCapacity, (planBytes + sizeof(int) - 1) / sizeof(int) * sizeof(int));
    }

    /// <summary>Bytes of the backend's memory.</summary>
    public static long ByteCount(int rowCapacity, int vocabSize) => SamplingPlan.ByteCount(rowCapacity, vocabSize) + ((rowCapacity + 1L) * sizeof(int));

    /// <summary>One of the rows is to be chosen from.</summary>
    public bool HasPlanned => _plan.Rows.HasPlanned;

    /// <summary>Hands the backend what is to be asked of each row; rows whose owners choose for themselves are left out.</summary>
    public void Plan(ReadOnlySpan<int> rows, Scheduler scheduler)
    {
        _plan.Rows.Clear();
        foreach (int row in rows)
        {
            (ScheduledSequence sequence, int position) = scheduler.OwnerOf(row);
            if (sequence.IsFinished || !sequence.TryPlanChoice(_plan, position))
            {
                _plan.Rows.Skip();
            }
        }

        if (HasPlanned)
        {
            _kernels.Write(_planOnDevice, _plan.Rows.Bytes);
        }
    }

    /// <summary>Queues the choice from the planned rows' logits.</summary>
    public void Choose(TensorView logits)
    {
        if (HasPlanned)
        {
            _kernels.Sample(_chosenOnDevice.ColumnRange(0, logits.Rows), logits, _planOnDevice);
        }
    }

    /// <summary>The tokens, once the step is done: a negative number where there is none, because the row wasn't planned or because it has nothing to choose.</summary>
    public ReadOnlySpan<int> Chosen()
    {
        Span<int> chosen = _chosen.AsSpan(0, _plan.Rows.RowCount);
        if (!HasPlanned)
        {
            chosen.Fill(None);
            return chosen;
        }

        _kernels.Read(chosen, _chosenOnDevice);
        for (int i = 0; i < chosen.Length; i++)
        {
            chosen[i] = _plan.Rows.IsPlanned(i) ? chosen[i] : None;
        }

        return chosen;
    }

    public void Dispose() => _memory.Dispose();
}
