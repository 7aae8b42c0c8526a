// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu.Dense;
using Phi4.Kernels.Cpu.MachineCode;
using Phi4.Kernels.Cpu.Quantized;

namespace Phi4.Kernels.Cpu;

/// <summary>
/// SIMD kernels on own threads. Each file CpuKernels.&lt;Op&gt;.cs checks the operands and cuts the work into shares; the job of the same name does a share.
/// docs/numerics.md says why the bits depend neither on the cut nor on the vectors.
/// </summary>
internal sealed partial class CpuKernels : IKernels
{
    // Starting a worker costs about what this many multiply-adds cost; smaller pieces are not worth one.
    private const long ShareWork = 1 << 16;

    private readonly WorkerPool _pool;
    private readonly ShareScratch _scratch;
    private readonly ShareScratch _tokenScratch = new(1);
    private readonly PackJob _pack = new();
    private readonly DenseLinearJob _denseLinear;
    private readonly DenseKernels _denseKernels;
    private readonly QuantizeJob _quantize;
    private readonly QuantizedLinearJob _quantizedLinear;
    private readonly TileKernels _tileKernels;
    private readonly EmbedJob _embed;
    private readonly RmsNormJob _rmsNorm;
    private readonly RopeJob _rope;
    private readonly AttentionJob _attention;
    private readonly ArgmaxJob _argmax;

    private CpuKernels(CpuOptions options)
    {
        VectorWidth = VectorWidths.Resolve(options.VectorWidth);
        _pool = new WorkerPool(options.ResolveThreadCount());
        _scratch = new ShareScratch(_pool.ThreadCount);
        AttentionKernels? attention = TakesMachineCode(options) ? AttentionKernels.Shared : null;
        (_denseLinear, _embed, _rmsNorm, _rope, _attention, _argmax) = VectorWidth switch
        {
            VectorWidth.V512 => MakeJobs<Vector512Ops, Vector512<float>>(_scratch, attention),
            VectorWidth.V256 => MakeJobs<Vector256Ops, Vector256<float>>(_scratch, attention),
            VectorWidth.V128 => MakeJobs<Vector128Ops, Vector128<float>>(_scratch, attention),
            _ => MakeJobs<ScalarOps, float>(_scratch, attention),
        };
        BFloat16Kernels? bfloat16Code = TakesMachineCode(options) ? BFloat16Kernels.Shared : null;
        _denseKernels = VectorWidth switch
        {
            VectorWidth.V512 => DenseKernels.Create<Vector512Ops, Vector512<float>>(options.RoundsActivations, bfloat16Code),
            VectorWidth.V256 => DenseKernels.Create<Vector256Ops, Vector256<float>>(options.RoundsActivations, bfloat16Code),
            VectorWidth.V128 => DenseKernels.Create<Vector128Ops, Vector128<float>>(options.RoundsActivations, bfloat16Code),
            _ => DenseKernels.Create<ScalarOps, float>(options.RoundsActivations, bfloat16Code),
        };
        VnniKernels? machineCode = TakesMachineCode(options) ? VnniKernels.Shared : null;
        (_quantize, _quantizedLinear, _tileKernels) = VectorWidth switch
        {
            VectorWidth.V512 => MakeQuantized<Vector512Ops, Vector512<float>, Vector512Integers, Vector512<int>>(_scratch, machineCode),
            VectorWidth.V256 => MakeQuantized<Vector256Ops, Vector256<float>, Vector256Integers, Vector256<int>>(_scratch, machineCode),
            VectorWidth.V128 => MakeQuantized<Vector128Ops, Vector128<float>, Vector128Integers, Vector128<int>>(_scratch, machineCode),
            _ => MakeQuantized<ScalarOps, float, ScalarIntegers, int>(_scratch, machineCode),
        };
    }

    public string Name => "cpu";

    public int ThreadCount => _pool.ThreadCount;

    /// <summary>The width in use; never <see cref="VectorWidth.Auto"/>.</summary>
    public VectorWidth VectorWidth { get; }

    /// <summary>The CPU backend for the vector width that the machine has, or the one asked for.</summary>
    public static IKernels Create(CpuOptions options) => new CpuKernels(options);

    /// <summary>Bytes that its jobs keep from call to call so far.</summary>
    public long HeldBytes => _scratch.ByteCount + _tokenScratch.ByteCount;

    /// <summary>Bytes that its jobs come to keep at most, for a memory plan: packed activations of all tokens, and on each thread a panel of weights and sums.</summary>
    /// <param name="threadCount">Threads.</param>
    /// <param name="tokens">Most tokens of a call.</param>
    /// <param name="widest">Most inputs of a matrix.</param>
    public static long WorkingBytes(int threadCount, int tokens, int widest)
    {
        const int MostSummedTokens = 512, SumBytes = 8192;
        long packed = (tokens + DenseKernel.TileTokens) * (long)(widest + DenseKernel.StepInputs) * sizeof(float);
        long sums = (long)Math.Min(tokens, MostSummedTokens) * SumBytes;
        return packed + (threadCount * (sums + (1 << 20)));
    }

    public KernelBuffer Allocate(long byteCount, string purpose) => HostBuffer.Allocate(byteCount, purpose);

    public void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged => HostMemory.Write(destination, source);

    public void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged => HostMemory.Read(destination, source);

    public void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage) => HostMemory.CopyPage(cache, sourcePage, destinationPage);

    public void Dispose()
    {
        _pool.Dispose();
        _attention.Dispose();
        _scratch.Dispose();
        _tokenScratch.Dispose();
    }

    private static (DenseLinearJob Linear, EmbedJob Embed, RmsNormJob RmsNorm, RopeJob Rope, AttentionJob Attention, ArgmaxJob Argmax) MakeJobs<TOps, TV>(
        ShareScratch scratch, AttentionKernels? attention)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        => (
            new DenseLinearJob<TOps, TV>(scratch),
            new EmbedJob<TOps, TV>(),
            new RmsNormJob<TOps, TV>(),
            new RopeJob<TOps, TV>(),
            new AttentionJob<TOps, TV>(
                scratch,
                new VectorAttentionProducts<SingleCache, TOps, TV>(),
                attention is null ? new VectorAttentionProducts<BFloat16Cache, TOps, TV>() : new PairAttentionProducts(attention, isCodes: false),
                attention is null ? null : new PairAttentionProducts(attention, isCodes: true)),
            new ArgmaxJob<TOps, TV>());

    private static (QuantizeJob Quantize, QuantizedLinearJob Linear, TileKernels Kernels) MakeQuantized<TOps, TV, TInt, TI>(
        ShareScratch scratch, VnniKernels? machineCode)
        where TOps : struct, IVectorOps<TV>
        where TV : struct
        where TInt : struct, IIntegerOps<TI, TV>
        where TI : struct
        => (
            new QuantizeJob(),
            new QuantizedLinearJob<TOps, TV>(scratch),
            machineCode is null ? new TileKernels<TOps, TV, TInt, TI>() : new VnniTileKernels(machineCode));

    private int Shares(long work, long pieces)
        => (int)Math.Clamp(Math.Min(work / ShareWork, pieces), 1, _pool.ThreadCount);
}
