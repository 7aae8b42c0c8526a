// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Launch;

namespace Phi4.Kernels.Cuda;

/// <content>Products with matrices.</content>
internal sealed partial class CudaKernels
{
    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        Multiply(destination, source, weight, TensorView.None, bias, epilogue);
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        Multiply(destination, source, gate, up, TensorView.None, LinearEpilogue.None);
    }

    private void Multiply(TensorView destination, TensorView source, WeightView weight, WeightView up, TensorView bias, LinearEpilogue epilogue)
    {
        if (destination.Count == 0)
        {
            return;
        }

        _context.MakeCurrent();
        if (weight.IsFloat)
        {
            MultiplyFloats(destination, source, weight.Values, up.Values, bias, epilogue);
        }
        else
        {
            MultiplyBlocks(destination, source, weight, up, bias, epilogue);
        }
    }

    private void MultiplyFloats(TensorView destination, TensorView source, TensorView weight, TensorView up, TensorView bias, LinearEpilogue epilogue)
    {
        LinearPlan plan = LinearPlan.Of(source, weight, up, _roundsActivations);
        NumberType format = TypeOf(weight);
        (nint sourceAddress, long sourceStride) = plan.RoundsFirst ? Round(source, format) : (source.Address, source.RowStride);
        CudaFunction kernel = plan.Kind switch
        {
            LinearKind.Skinny => _kernels.LinearSkinny(format, plan.TileTokens),
            LinearKind.Tiled => _kernels.LinearTiled(format),
            _ => _kernels.LinearExact(format),
        };
        Launch(kernel, plan.Shape, new LinearParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Source = sourceAddress,
            SourceStride = sourceStride,
            Weight = weight.Address,
            WeightStride = weight.RowStride,
            Up = up.Address,
            UpStride = up.RowStride,
            Bias = bias.Address,
            BiasType = TypeOf(bias),
            AddResidual = epilogue == LinearEpilogue.AddResidual ? 1 : 0,
            Tokens = source.Rows,
            Features = destination.Columns,
            Columns = source.Columns,
        });
    }

    private void MultiplyBlocks(TensorView destination, TensorView source, WeightView weight, WeightView up, TensorView bias, LinearEpilogue epilogue)
    {
        LinearPlan plan = LinearPlan.OfBlocks(source, weight, isGated: !up.IsNone);
        (nint sourceAddress, long sourceStride) = plan.RoundsFirst ? Round(source, NumberType.BF16) : (source.Address, source.RowStride);
        (Vector128<byte> tableLow, Vector128<byte> tableHigh) = InBFloat16(weight.Table);
        Launch(_kernels.LinearBlocks(weight.Format, plan.TileTokens), plan.Shape, new LinearBlocksParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Source = sourceAddress,
            SourceStride = sourceStride,
            Blocks = weight.Values.Address,
            UpBlocks = up.Values.Address,
            Bias = bias.Address,
            BiasType = TypeOf(bias),
            AddResidual = epilogue == LinearEpilogue.AddResidual ? 1 : 0,
            Tokens = source.Rows,
            Features = destination.Columns,
            Columns = source.Columns,
            HasOffsets = weight.HasOffsets ? 1 : 0,
            TableLow = tableLow,
            TableHigh = tableHigh,
        });
    }

    // Rows in 16 bits, in memory that the next call takes over.
    private (nint Address, long Stride) Round(TensorView source, NumberType format)
    {
        nint rounded = _rounded.Reserve(RoundedBytes(source.Rows, source.Columns));
        long stride = RoundedStride(source.Columns);
        Launch(_kernels.RoundRows(format), source, RowBlock, 0, new RoundRowsParameters
        {
            Destination = rounded,
            DestinationStride = stride,
            Source = source.Address,
            SourceStride = source.RowStride,
            Columns = source.Columns,
        });
        return (rounded, stride);
    }

    // Exact: a code's worth has seven bits and a sign.
    private static (Vector128<byte> Low, Vector128<byte> High) InBFloat16(Vector128<sbyte> table)
    {
        Vector128<byte> low = default, high = default;
        for (int i = 0; i < Vector128<sbyte>.Count; i++)
        {
            ushort bits = BFloat16.FromSingle(table[i]);
            low = low.WithElement(i, (byte)bits);
            high = high.WithElement(i, (byte)(bits >> 8));
        }

        return (low, high);
    }
}
