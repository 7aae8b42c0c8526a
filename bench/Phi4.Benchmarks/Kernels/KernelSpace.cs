// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Kernels;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>Kernels and buffers full of random values for one case.</summary>
internal sealed class KernelSpace(int threadCount) : IDisposable
{
    private readonly List<KernelBuffer> _buffers = [];

    public IKernels Kernels { get; } = CpuKernels.Create(new CpuOptions { ThreadCount = threadCount });

    /// <summary>Kernels on that many threads, nothing allocated yet.</summary>
    public static KernelSpace For(int threadCount) => new(threadCount);

    public void Dispose()
    {
        _buffers.ForEach(buffer => buffer.Dispose());
        Kernels.Dispose();
    }

    public TensorView Allocate(DType dtype, int rows, int columns)
    {
        KernelBuffer buffer = Kernels.Allocate((long)rows * columns * dtype.SizeInBytes(), "benchmark");
        _buffers.Add(buffer);
        return buffer.View(dtype, rows, columns);
    }

    /// <summary>Floats between -1 and 1, in any float type.</summary>
    public unsafe TensorView Random(DType dtype, int rows, int columns)
    {
        TensorView view = Allocate(dtype, rows, columns);
        var random = new Random(rows);
        for (long i = 0; i < view.Count; i++)
        {
            float value = (random.NextSingle() * 2) - 1;
            switch (dtype)
            {
                case DType.F32:
                    ((float*)view.Address)[i] = value;
                    break;
                case DType.F16:
                    ((Half*)view.Address)[i] = (Half)value;
                    break;
                default:
                    ((ushort*)view.Address)[i] = BFloat16.FromSingle(value);
                    break;
            }
        }

        return view;
    }

    public unsafe TensorView Integers(int count, Func<int, int> value)
    {
        TensorView view = Allocate(DType.I32, 1, count);
        for (int i = 0; i < count; i++)
        {
            ((int*)view.Address)[i] = value(i);
        }

        return view;
    }

    /// <summary>A matrix in a weight format, its codes random.</summary>
    public unsafe WeightView Matrix(string format, int rows, int columns)
    {
        if (format is "f32" or "bf16" or "f16")
        {
            return Random(format == "f32" ? DType.F32 : format == "f16" ? DType.F16 : DType.BF16, rows, columns);
        }

        var layout = new BlockLayout(format == "int8" ? WeightFormat.Int8 : WeightFormat.Int4);
        TensorView blocks = Allocate(DType.U8, 1, checked((int)layout.ByteCount(rows, columns)));
        var bytes = new Span<byte>((void*)blocks.Address, (int)blocks.ByteCount);
        new Random(rows).NextBytes(bytes);
        for (int block = 0; block < bytes.Length; block += layout.BlockBytes)
        {
            MemoryMarshal.Cast<byte, Half>(bytes.Slice(block + layout.CodeBytes, BlockLayout.ScaleBytes)).Fill((Half)0.01f);
        }

        return layout.Format == WeightFormat.Int8
            ? WeightView.Int8(rows, columns, blocks.Address)
            : WeightView.Int4(rows, columns, blocks.Address, hasOffsets: false, Phi4.Core.Weights.Quantization.Int4Table.Values);
    }
}
