// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Launch;

namespace Phi4.Kernels.Cuda;

/// <content>Products with matrices.</content>
internal sealed partial class CudaKernels
{
    // Of rows that kernels read sixteen bytes at a time.
    private const int RowAlignment = 16;

    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        Multiply(destination, source, RowNorm.None, weight, WeightView.None, bias, epilogue);
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        Multiply(destination, source, RowNorm.None, gate, up, TensorView.None, LinearEpilogue.None);
    }

    public void NormLinear(TensorView destination, TensorView source, in RowNorm norm, WeightView weight, TensorView bias)
    {
        KernelShapes.RmsNorm(norm.Room, source, norm.Weight);
        KernelShapes.Linear(destination, norm.Room, weight, bias);
        Multiply(destination, source, norm, weight, WeightView.None, bias, LinearEpilogue.None);
    }

    public void NormLinearSwiGlu(TensorView destination, TensorView source, in RowNorm norm, WeightView gate, WeightView up)
    {
        KernelShapes.RmsNorm(norm.Room, source, norm.Weight);
        KernelShapes.LinearSwiGlu(destination, norm.Room, gate, up);
        Multiply(destination, source, norm, gate, up, TensorView.None, LinearEpilogue.None);
    }

    private void Multiply(
        TensorView destination, TensorView source, in RowNorm norm, WeightView weight, WeightView up, TensorView bias, LinearEpilogue epilogue)
    {
        if (destination.Count == 0)
        {
            return;
        }

        _context.MakeCurrent();
        LinearPlan plan = weight.IsFloat
            ? LinearPlan.Of(source, weight.Values, up.Values, _roundsActivations, _device.MultiprocessorCount, _usesWarpgroups)
            : LinearPlan.OfBlocks(source, weight, isGated: !up.IsNone);
        Multiply(plan, destination, source, norm, weight, up, bias, epilogue);
    }

    private void Multiply(
        LinearPlan plan, TensorView destination, TensorView source, in RowNorm norm, WeightView weight, WeightView up, TensorView bias, LinearEpilogue epilogue)
    {
        bool normsItself = plan.CanNormItself && norm.Weight.Address % RowAlignment == 0;
        if (!norm.IsNone && !normsItself && !plan.RoundsFirst)
        {
            RmsNorm(norm.Room, source, norm.Weight, norm.Epsilon);
            Multiply(destination, norm.Room, RowNorm.None, weight, up, bias, epilogue);
            return;
        }

        NumberType format = weight.IsFloat ? TypeOf(weight.Values) : NumberType.BF16;
        RowOrder order = plan.Kind == LinearKind.Warpgroups ? RowOrder.OfProducts : RowOrder.AsItIs;
        Operand rows = plan.RoundsFirst ? Round(source, norm, format, order) : new Operand(source.Address, source.RowStride, norm);
        LaunchShape shape = rows.Norm.IsNone ? plan.Shape : plan.Shape with { SharedBytes = plan.Shape.SharedBytes + LinearPlan.NormSharedBytes };
        if (weight.IsFloat)
        {
            CudaFunction kernel = plan.Kind switch
            {
                LinearKind.Skinny => rows.Norm.IsNone ? _kernels.LinearSkinny(format, plan.TileTokens) : _kernels.LinearNormed(format),
                LinearKind.Tiled => _kernels.LinearTiled(format),
                LinearKind.Warpgroups => _kernels.LinearWarpgroups(format),
                _ => _kernels.LinearExact(format),
            };
            MultiplyFloats(plan.Kind, kernel, shape, destination, source, rows, weight.Values, up.Values, bias, epilogue);
        }
        else
        {
            CudaFunction kernel = rows.Norm.IsNone ? _kernels.LinearBlocks(weight.Format, plan.TileTokens) : _kernels.LinearNormed(weight.Format);
            MultiplyBlocks(kernel, shape, destination, source, rows, weight, up, bias, epilogue);
        }
    }

    private void MultiplyFloats(
        LinearKind kind, CudaFunction kernel, LaunchShape shape, TensorView destination, TensorView source, in Operand rows, TensorView weight, TensorView up, TensorView bias,
        LinearEpilogue epilogue)
    {
        LinearParameters call = LinearOf(destination, source, rows, weight, up, bias, epilogue);
        if (kind == LinearKind.Warpgroups)
        {
            Launch(kernel, shape, new LinearWarpgroupsParameters
            {
                Linear = call,
                WeightMap = WeightMap(weight),
                UpMap = up.IsNone ? 0 : WeightMap(up),
                SourceMap = SourceMap(rows, source.Columns),
            });
            return;
        }

        Launch(kernel, shape, call);
    }

    private static LinearParameters LinearOf(
        TensorView destination, TensorView source, in Operand rows, TensorView weight, TensorView up, TensorView bias, LinearEpilogue epilogue)
        => new()
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Source = rows.Address,
            SourceStride = rows.Stride,
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
            Norm = rows.Norm.Weight.Address,
            NormType = TypeOf(rows.Norm.Weight),
            Epsilon = rows.Norm.Epsilon,
        };

    private void MultiplyBlocks(
        CudaFunction kernel, LaunchShape shape, TensorView destination, TensorView source, in Operand rows, WeightView weight, WeightView up, TensorView bias,
        LinearEpilogue epilogue)
    {
        (Vector128<byte> tableLow, Vector128<byte> tableHigh) = InBFloat16(weight.Table);
        Launch(kernel, shape, new LinearBlocksParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Source = rows.Address,
            SourceStride = rows.Stride,
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
            Norm = rows.Norm.Weight.Address,
            NormType = TypeOf(rows.Norm.Weight),
            Epsilon = rows.Norm.Epsilon,
        });
    }

    // Rows in 16 bits, normed if there is a norm, in memory that the next call takes over.
    private Operand Round(TensorView source, in RowNorm norm, NumberType format, RowOrder order)
    {
        nint rounded = _rounded.Reserve(RoundedBytes(source.Rows, source.Columns));
        long stride = RoundedStride(source.Columns);
        if (norm.IsNone)
        {
            Launch(_kernels.RoundRows(format), source, RowBlock, 0, new RoundRowsParameters
            {
                Destination = rounded,
                DestinationStride = stride,
                Source = source.Address,
                SourceStride = source.RowStride,
                Columns = source.Columns,
                Order = order,
            });
        }
        else
        {
            Launch(_kernels.NormRows(format), source, RowBlock, RmsNormSharedBytes, new RmsNormParameters
            {
                Destination = rounded,
                DestinationStride = stride,
                Source = source.Address,
                SourceStride = source.RowStride,
                Weight = norm.Weight.Address,
                WeightType = TypeOf(norm.Weight),
                Columns = source.Columns,
                Epsilon = norm.Epsilon,
                Order = order,
            });
        }

        return new Operand(rounded, stride, RowNorm.None);
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

    /// <summary>The rows that a kernel multiplies.</summary>
    /// <param name="Address">The first.</param>
    /// <param name="Stride">Numbers from one to the next.</param>
    /// <param name="Norm">What the kernel applies to them first.</param>
    private readonly record struct Operand(nint Address, long Stride, RowNorm Norm);
}
