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
        if (!weight.IsFloat)
        {
            MultiplyBlocks(source, weight, default, new LinearBlocksParameters
            {
                Destination = destination.Address,
                DestinationStride = destination.RowStride,
                Bias = bias.Address,
                BiasType = TypeOf(bias),
                AddResidual = epilogue == LinearEpilogue.AddResidual ? 1 : 0,
                Features = destination.Columns,
            });
            return;
        }

        Multiply(source, new LinearParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Bias = bias.Address,
            BiasType = TypeOf(bias),
            AddResidual = epilogue == LinearEpilogue.AddResidual ? 1 : 0,
            Features = destination.Columns,
        }, weight.Values, TensorView.None);
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        if (!gate.IsFloat)
        {
            MultiplyBlocks(source, gate, up, new LinearBlocksParameters
            {
                Destination = destination.Address,
                DestinationStride = destination.RowStride,
                Features = destination.Columns,
            });
            return;
        }

        Multiply(source, new LinearParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Features = destination.Columns,
        }, gate.Values, up.Values);
    }

    private void Multiply(TensorView source, LinearParameters call, TensorView weight, TensorView up)
    {
        if (source.Rows == 0 || call.Features == 0)
        {
            return;
        }

        _context.MakeCurrent();
        LinearPlan plan = LinearPlan.Of(source, weight, up, _roundsActivations);
        NumberType format = TypeOf(weight);
        call.Source = source.Address;
        call.SourceStride = source.RowStride;
        call.Weight = weight.Address;
        call.WeightStride = weight.RowStride;
        call.Up = up.Address;
        call.UpStride = up.RowStride;
        call.Tokens = source.Rows;
        call.Columns = source.Columns;
        if (plan.RoundsFirst)
        {
            (call.Source, call.SourceStride) = Round(source, format);
        }

        CudaFunction kernel = plan.Kind switch
        {
            LinearKind.Skinny => _kernels.LinearSkinny(format, plan.TileTokens),
            LinearKind.Tiled => _kernels.LinearTiled(format),
            _ => _kernels.LinearExact(format),
        };
        Launch(kernel, plan.Shape, call);
    }

    private void MultiplyBlocks(TensorView source, WeightView weight, WeightView up, LinearBlocksParameters call)
    {
        if (source.Rows == 0 || call.Features == 0)
        {
            return;
        }

        _context.MakeCurrent();
        LinearPlan plan = LinearPlan.OfBlocks(source, weight, isGated: !up.IsNone);
        (call.Source, call.SourceStride) = plan.RoundsFirst ? Round(source, NumberType.BF16) : (source.Address, source.RowStride);
        call.Blocks = weight.Values.Address;
        call.UpBlocks = up.Values.Address;
        call.Tokens = source.Rows;
        call.Columns = source.Columns;
        call.HasOffsets = weight.HasOffsets ? 1 : 0;
        (call.TableLow, call.TableHigh) = InBFloat16(weight.Table);
        Launch(_kernels.LinearBlocks(weight.Format, plan.TileTokens), plan.Shape, call);
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
