// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Reference;

/// <summary>
/// The oracle: one thread, one value at a time, sums and functions in float64, results rounded once to F32. Slow and obvious on purpose.
/// </summary>
internal sealed unsafe partial class ReferenceKernels : IKernels
{
    public string Name => "reference";

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
            for (int i = 0; i < destination.Columns; i++)
            {
                Write(destination, t, i, Read(table, Index(ids, t), i));
            }
        }
    }

    public void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon)
    {
        KernelShapes.RmsNorm(destination, source, weight);
        for (int t = 0; t < source.Rows; t++)
        {
            double squares = 0;
            for (int i = 0; i < source.Columns; i++)
            {
                squares += Read(source, t, i) * Read(source, t, i);
            }

            double factor = 1 / Math.Sqrt((squares / source.Columns) + epsilon);
            for (int i = 0; i < source.Columns; i++)
            {
                Write(destination, t, i, Read(source, t, i) * factor * Read(weight, 0, i));
            }
        }
    }

    public void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue)
    {
        KernelShapes.Linear(destination, source, weight, bias);
        for (int t = 0; t < destination.Rows; t++)
        {
            for (int n = 0; n < destination.Columns; n++)
            {
                double sum = Dot(source, t, weight, n) + (bias.IsNone ? 0 : Read(bias, 0, n));
                Write(destination, t, n, epilogue == LinearEpilogue.AddResidual ? Read(destination, t, n) + sum : sum);
            }
        }
    }

    public void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        KernelShapes.LinearSwiGlu(destination, source, gate, up);
        for (int t = 0; t < destination.Rows; t++)
        {
            for (int n = 0; n < destination.Columns; n++)
            {
                double z = Dot(source, t, gate, n);
                Write(destination, t, n, z / (1 + Math.Exp(-z)) * Dot(source, t, up, n));
            }
        }
    }

    public void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        KernelShapes.RopeAndAppend(query, key, value, ropeTable, cache, batch);
        for (int t = 0; t < batch.TokenCount; t++)
        {
            Rotate(query, t, cache.HeadSize, ropeTable, Index(batch.RopeRows, t));
            Rotate(key, t, cache.HeadSize, ropeTable, Index(batch.RopeRows, t));
            int page = Index(batch.Slots, t) / cache.PageSize;
            int token = Index(batch.Slots, t) % cache.PageSize;
            for (int head = 0; head < cache.KvHeadCount; head++)
            {
                Append(cache, HeadOf(key, t, head, cache.HeadSize), HeadOf(value, t, head, cache.HeadSize), page, head, token);
            }
        }
    }

    public void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window)
    {
        KernelShapes.Attention(destination, query, cache, batch, window);
        int headSize = cache.HeadSize;
        int headCount = query.Columns / headSize;
        int group = headCount / cache.KvHeadCount;
        double[] weights = new double[batch.LongestLength];
        for (int t = 0; t < batch.TokenCount; t++)
        {
            int last = Index(batch.Positions, t);
            int first = (int)Math.Max(0, (long)last - window + 1);
            for (int head = 0; head < headCount; head++)
            {
                double largest = double.NegativeInfinity;
                for (int p = first; p <= last; p++)
                {
                    int page = PageOf(batch, cache, t, p);
                    double score = 0;
                    for (int i = 0; i < headSize; i++)
                    {
                        score += Read(query, t, (head * headSize) + i) * ReadKey(cache, page, head / group, p % cache.PageSize, i);
                    }

                    weights[p] = score * scale;
                    largest = Math.Max(largest, weights[p]);
                }

                double total = 0;
                for (int p = first; p <= last; p++)
                {
                    weights[p] = Math.Exp(weights[p] - largest);
                    total += weights[p];
                }

                for (int i = 0; i < headSize; i++)
                {
                    double sum = 0;
                    for (int p = first; p <= last; p++)
                    {
                        int page = PageOf(batch, cache, t, p);
                        sum += weights[p] * ReadValue(cache, page, head / group, p % cache.PageSize, i);
                    }

                    Write(destination, t, (head * headSize) + i, sum / total);
                }
            }
        }
    }

    public void GatherRows(TensorView destination, TensorView source, TensorView rows)
    {
        KernelShapes.GatherRows(destination, source, rows);
        for (int r = 0; r < destination.Rows; r++)
        {
            for (int i = 0; i < destination.Columns; i++)
            {
                Write(destination, r, i, Read(source, Index(rows, r), i));
            }
        }
    }

    public void Argmax(TensorView destination, TensorView logits)
    {
        KernelShapes.Argmax(destination, logits);
        for (int r = 0; r < logits.Rows; r++)
        {
            int best = -1;
            for (int v = 0; v < logits.Columns; v++)
            {
                double value = Read(logits, r, v);
                if (!double.IsNaN(value) && (best < 0 || value > Read(logits, r, best)))
                {
                    best = v;
                }
            }

            ((int*)destination.Address)[r] = Math.Max(best, 0);
        }
    }

    public void Dispose()
    {
    }

    private static void Rotate(TensorView heads, int t, int headSize, TensorView table, int tableRow)
    {
        int half = table.Columns / 2;
        for (int start = 0; start < heads.Columns; start += headSize)
        {
            for (int i = 0; i < half; i++)
            {
                double cos = Read(table, tableRow, i);
                double sin = Read(table, tableRow, half + i);
                double a = Read(heads, t, start + i);
                double b = Read(heads, t, start + i + half);
                Write(heads, t, start + i, (a * cos) - (b * sin));
                Write(heads, t, start + i + half, (b * cos) + (a * sin));
            }
        }
    }

    private static double Dot(TensorView source, int t, WeightView weight, int n)
    {
        double sum = 0;
        for (int i = 0; i < source.Columns; i++)
        {
            sum += Read(source, t, i) * ReadWeight(weight, n, i);
        }

        return sum;
    }

    private static double ReadWeight(WeightView weight, int row, int column)
    {
        if (weight.IsFloat)
        {
            return Read(weight.Values, row, column);
        }

        BlockLayout layout = weight.Layout;
        nint scaleAddress = weight.Values.Address + (nint)layout.ScaleOffset(weight.Columns, row, column);
        double scale = Value(scaleAddress, DType.F16, 0);
        byte code = ((byte*)weight.Values.Address)[layout.CodeOffset(weight.Columns, row, column)];
        if (weight.Format == WeightFormat.Int8)
        {
            return scale * (sbyte)code;
        }

        double offset = weight.HasOffsets ? Value(scaleAddress + BlockLayout.ScaleBytes, DType.F16, 0) : 0;
        return (scale * weight.Table[BlockLayout.IsHighHalf(column) ? code >> 4 : code & 15]) + offset;
    }

    private static int PageOf(in BatchView batch, in KvLayerView cache, int t, int position)
    {
        TensorView tables = batch.PageTables;
        return ((int*)tables.Address)[(Index(batch.SequenceOfToken, t) * tables.RowStride) + (position / cache.PageSize)];
    }

    private static int Index(TensorView vector, int i) => ((int*)vector.Address)[i];

    private static double Read(TensorView view, int row, int column)
        => Value(view.Address, view.DType, (row * view.RowStride) + column);

    private static double Value(nint address, DType dtype, long element) => dtype switch
    {
        DType.F32 => ((float*)address)[element],
        DType.BF16 => BFloat16.ToSingle(((ushort*)address)[element]),
        DType.F16 => (float)((Half*)address)[element],
        DType.I8 => ((sbyte*)address)[element],
        _ => throw new ArgumentException($"{dtype} is no type for arithmetic."),
    };

    private static void Write(TensorView view, int row, int column, double value)
        => ((float*)view.Address)[(row * view.RowStride) + column] = (float)value;
}
