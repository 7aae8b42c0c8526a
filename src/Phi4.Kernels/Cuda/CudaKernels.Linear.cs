// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Launch;

namespace Phi4.Kernels.Cuda;

/// <content>Products with matrices of floats.</content>
internal sealed partial class CudaKernels
{
    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        RequireFloats(weight);
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
        RequireFloats(gate);
        Multiply(source, new LinearParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Features = destination.Columns,
        }, gate.Values, up.Values);
    }

    private static void RequireFloats(WeightView weight)
    {
        if (!weight.IsFloat)
        {
            throw new NotSupportedException($"The CUDA backend multiplies by floats; the matrix is {weight}.");
        }
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
            call.SourceStride = RoundedStride(source.Columns);
            call.Source = _rounded.Reserve(RoundedBytes(source.Rows, source.Columns));
            Launch(_kernels.RoundRows(format), source, RowBlock, 0, new RoundRowsParameters
            {
                Destination = call.Source,
                DestinationStride = call.SourceStride,
                Source = source.Address,
                SourceStride = source.RowStride,
                Columns = source.Columns,
            });
        }

        CudaFunction kernel = plan.Kind switch
        {
            LinearKind.Skinny => _kernels.LinearSkinny(format, plan.TileTokens),
            LinearKind.Tiled => _kernels.LinearTiled(format),
            _ => _kernels.LinearExact(format),
        };
        _stream.Launch(kernel, plan.Shape, call);
    }
}
