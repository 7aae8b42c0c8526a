// SPDX-License-Identifier: MIT
using Phi4.Kernels;

namespace Phi4.Core.State;

/// <summary>The activations of a step, all F32, one row a token.</summary>
internal readonly record struct StepTensors
{
    /// <summary>[T, H]: the residual stream.</summary>
    public required TensorView Hidden { get; init; }

    /// <summary>[T, H].</summary>
    public required TensorView Normed { get; init; }

    /// <summary>[T, (Q + 2K)*D]: <see cref="Query"/>, <see cref="Key"/> and <see cref="Value"/> side by side.</summary>
    public required TensorView QueryKeyValue { get; init; }

    /// <summary>[T, Q*D].</summary>
    public required TensorView Query { get; init; }

    /// <summary>[T, K*D].</summary>
    public required TensorView Key { get; init; }

    /// <summary>[T, K*D].</summary>
    public required TensorView Value { get; init; }

    /// <summary>[T, Q*D].</summary>
    public required TensorView Attended { get; init; }

    /// <summary>[T, F]: silu(gate) * up.</summary>
    public required TensorView Activated { get; init; }

    public StepTensors FirstRows(int count) => new()
    {
        Hidden = Hidden.RowRange(0, count),
        Normed = Normed.RowRange(0, count),
        QueryKeyValue = QueryKeyValue.RowRange(0, count),
        Query = Query.RowRange(0, count),
        Key = Key.RowRange(0, count),
        Value = Value.RowRange(0, count),
        Attended = Attended.RowRange(0, count),
        Activated = Activated.RowRange(0, count),
    };
}
