// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Phi4.Kernels.Cuda.Driver;
using Phi4.Kernels.Cuda.Launch;

namespace Phi4.Kernels.Cuda;

/// <content>Operations that take rows as they are: one block a row.</content>
internal sealed partial class CudaKernels
{
    private const int RowBlock = 256;
    private const int ArgmaxBlock = 1024;

    // A float for each warp; a candidate of value and index for each warp, as many as a warp has lanes.
    private const int RmsNormSharedBytes = 128;
    private const int ArgmaxSharedBytes = 256;
    private const int SampleBlock = 1024;

    // CUDA 12.3: a graph takes down that a launch may begin before its predecessor ends.
    private const int OverlapInGraphsVersion = 12030;
    private const int SampleSharedBytes = 36 << 10;

    public void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        KernelShapes.Embed(destination, table, _twins.OnHost(ids));
        Launch(_kernels.Embed, destination, RowBlock, 0, new EmbedParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Table = table.Address,
            TableStride = table.RowStride,
            Ids = ids.Address,
            TableType = TypeOf(table),
            Columns = destination.Columns,
        });
    }

    public void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
    {
        KernelShapes.RmsNorm(destination, source, weight);
        Launch(_kernels.RmsNorm, destination, RowBlock, RmsNormSharedBytes, new RmsNormParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Source = source.Address,
            SourceStride = source.RowStride,
            Weight = weight.Address,
            WeightType = TypeOf(weight),
            Columns = destination.Columns,
            Epsilon = epsilon,
        });
    }

    public void GatherRows(TensorView destination, TensorView source, TensorView rows)
    {
        KernelShapes.GatherRows(destination, source, _twins.OnHost(rows));
        Launch(_kernels.GatherRows, destination, RowBlock, 0, new GatherRowsParameters
        {
            Destination = destination.Address,
            DestinationStride = destination.RowStride,
            Source = source.Address,
            SourceStride = source.RowStride,
            Rows = rows.Address,
            Columns = destination.Columns,
        });
    }

    public void Argmax(TensorView destination, TensorView logits)
    {
        KernelShapes.Argmax(destination, logits);
        Launch(_kernels.Argmax, logits, ArgmaxBlock, ArgmaxSharedBytes, new ArgmaxParameters
        {
            Destination = destination.Address,
            Logits = logits.Address,
            LogitsStride = logits.RowStride,
            Columns = logits.Columns,
        });
    }

    public bool SamplesItself => true;

    public void Sample(TensorView destination, TensorView logits, TensorView plan)
    {
        KernelShapes.Argmax(destination, logits);
        if (logits.Columns > SamplingPlan.MostColumns || plan.DType != DType.U8 || plan.ByteCount < (long)logits.Rows * Unsafe.SizeOf<SamplingRow>())
        {
            throw new ArgumentException($"plan {plan} must be the bytes of a row of a plan for each row of logits {logits}, of at most {SamplingPlan.MostColumns} columns.");
        }

        Launch(_kernels.Sample, logits, SampleBlock, SampleSharedBytes, new SampleParameters
        {
            Destination = destination.Address,
            Logits = logits.Address,
            LogitsStride = logits.RowStride,
            Plan = plan.Address,
            Columns = logits.Columns,
        });
    }

    // A block for each row of a tensor; nothing for a tensor of none.
    private void Launch<T>(CudaFunction kernel, TensorView rows, int block, int sharedBytes, in T parameters)
        where T : unmanaged
    {
        if (rows.Count == 0)
        {
            return;
        }

        _context.MakeCurrent();
        Launch(kernel, new LaunchShape(rows.Rows, 1, 1, block, sharedBytes), parameters);
    }

    private void Launch<T>(CudaFunction kernel, LaunchShape shape, in T parameters)
        where T : unmanaged
        => _stream.Launch(kernel, shape with { Overlaps = _overlaps && (!_graphs.IsCapturing || _device.DriverVersion >= OverlapInGraphsVersion) }, parameters);
}
