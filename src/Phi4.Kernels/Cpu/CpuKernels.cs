// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu;

/// <summary>Makes the CPU backend for the vector width that the machine has, or the one asked for.</summary>
internal static class CpuKernels
{
    public static IKernels Create(CpuOptions options)
    {
        int threadCount = options.ThreadCount ?? Environment.ProcessorCount;
        return VectorWidths.Resolve(options.VectorWidth) switch
        {
            VectorWidth.V512 => new CpuKernels<Lanes512, Register512>(threadCount),
            VectorWidth.V256 => new CpuKernels<Lanes256, Register256>(threadCount),
            VectorWidth.V128 => new CpuKernels<Lanes128, Register128>(threadCount),
            _ => new CpuKernels<LanesScalar, RegisterScalar>(threadCount),
        };
    }
}

/// <summary>
/// The processor's own vector units and threads. One file an operation; docs/numerics.md says in which order each sums.
/// </summary>
/// <typeparam name="TLanes">Sixteen lanes.</typeparam>
/// <typeparam name="TVector">One register of the same width.</typeparam>
internal sealed unsafe partial class CpuKernels<TLanes, TVector> : IKernels
    where TLanes : struct, ILanes<TLanes>
    where TVector : struct, IVector<TVector>
{
    private readonly WorkerPool _pool;
    private HostBuffer _scratch;

    public CpuKernels(int threadCount)
    {
        _pool = new WorkerPool(threadCount);
        _scratch = HostBuffer.Allocate(0, "CPU scratch");
    }

    public string Name => "cpu";

    public KernelBuffer Allocate(long byteCount, string purpose) => HostBuffer.Allocate(byteCount, purpose);

    public void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged => HostMemory.Write(destination, source);

    public void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged => HostMemory.Read(destination, source);

    public void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage) => HostMemory.CopyPage(cache, sourcePage, destinationPage);

    public void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        KernelShapes.Embed(destination, table, ids);
        for (int t = 0; t < destination.Rows; t++)
        {
            Widen(table, ((int*)ids.Address)[t], Row(destination, t));
        }
    }

    public void GatherRows(TensorView destination, TensorView source, TensorView rows)
    {
        KernelShapes.GatherRows(destination, source, rows);
        for (int r = 0; r < destination.Rows; r++)
        {
            new ReadOnlySpan<float>(Row(source, ((int*)rows.Address)[r]), source.Columns).CopyTo(new Span<float>(Row(destination, r), source.Columns));
        }
    }

    public void Argmax(TensorView destination, TensorView logits)
    {
        KernelShapes.Argmax(destination, logits);
        for (int r = 0; r < logits.Rows; r++)
        {
            float* row = Row(logits, r);
            int best = 0;
            float largest = float.NegativeInfinity;
            for (int i = 0; i < logits.Columns; i++)
            {
                if (row[i] > largest || (float.IsNaN(row[best]) && !float.IsNaN(row[i])))
                {
                    (best, largest) = (i, row[i]);
                }
            }

            ((int*)destination.Address)[r] = best;
        }
    }

    public void Dispose()
    {
        _pool.Dispose();
        _scratch.Dispose();
    }

    /// <summary>Working memory of one share; grows to the largest that was ever asked for.</summary>
    private float* Scratch(long floatsPerShare)
    {
        long bytes = floatsPerShare * sizeof(float) * _pool.ThreadCount;
        if (bytes > _scratch.ByteCount)
        {
            _scratch.Dispose();
            _scratch = HostBuffer.Allocate(bytes, "CPU scratch");
        }

        return (float*)_scratch.DangerousGetHandle();
    }

    private static float* Row(TensorView tensor, int row) => (float*)tensor.Address + row * tensor.RowStride;

    /// <summary>One row of any float type as F32, exactly.</summary>
    private static void Widen(TensorView source, int row, float* destination)
    {
        byte* from = (byte*)source.Address + row * source.RowStride * source.DType.SizeInBytes();
        switch (source.DType)
        {
            case DType.F32:
                Widen<Float32Element>(from, destination, source.Columns);
                break;
            case DType.BF16:
                Widen<BFloat16Element>(from, destination, source.Columns);
                break;
            case DType.F16:
                Widen<Float16Element>(from, destination, source.Columns);
                break;
            default:
                throw NotAFloatType(source);
        }
    }

    private static void Widen<TElement>(byte* source, float* destination, int count)
        where TElement : struct, IElement
    {
        int k = 0;
        for (; k <= count - LaneMath.Count; k += LaneMath.Count)
        {
            TElement.Load<TLanes>(source + (long)k * TElement.Size).Store(destination + k);
        }

        if (k < count)
        {
            float* tail = stackalloc float[LaneMath.Count];
            Dot<TLanes>.Tail<TElement>(source + (long)k * TElement.Size, count - k).Store(tail);
            new ReadOnlySpan<float>(tail, count - k).CopyTo(new Span<float>(destination + k, count - k));
        }
    }

    private static ArgumentException NotAFloatType(TensorView tensor) => new($"{tensor} is not of a float type that kernels read: F32, BF16, F16.");

    /// <summary>The part [from, to) of <paramref name="count"/> that a share takes, in steps of <paramref name="unit"/>.</summary>
    private static (int From, int To) PartOf(int count, int share, int shareCount, int unit)
    {
        long units = (count + unit - 1) / unit;
        return ((int)Math.Min(count, units * share / shareCount * unit), (int)Math.Min(count, units * (share + 1) / shareCount * unit));
    }
}
