// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>
/// The operand checks that every backend makes before it follows an address: types, shapes and, for host memory, that each index lies inside
/// what it indexes. A violation is an <see cref="ArgumentException"/> that names both operands.
/// </summary>
internal static unsafe class KernelShapes
{
    public static void Embed(TensorView destination, TensorView table, TensorView ids)
    {
        Activation(destination, "destination");
        Weight(table, "table");
        Columns(destination, "destination", table, "table");
        Indices(ids, "ids", destination.Rows, table.Rows, "rows of table");
    }

    public static void RmsNorm(TensorView destination, TensorView source, TensorView weight)
    {
        Activation(destination, "destination");
        Activation(source, "source");
        Weight(weight, "weight");
        Require(destination.Rows == source.Rows && destination.Columns == source.Columns, "destination", destination, "source", source);
        Require(weight.Rows == 1 && weight.Columns == source.Columns, "weight", weight, "source", source);
    }

    public static void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias)
    {
        Activation(destination, "destination");
        Product(destination, source, weight, "weight");
        if (!bias.IsNone)
        {
            Weight(bias, "bias");
            Require(bias.Rows == 1 && bias.Columns == destination.Columns, "bias", bias, "destination", destination);
        }
    }

    public static void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up)
    {
        Activation(destination, "destination");
        Product(destination, source, gate, "gate");
        Product(destination, source, up, "up");
        Require(
            gate.Format == up.Format && (!gate.IsFloat || gate.Values.DType == up.Values.DType) && gate.Table == up.Table && gate.HasOffsets == up.HasOffsets,
            $"gate {gate} and up {up} must be stored alike.");
    }

    public static void RopeAndAppend(
        TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        Activation(query, "query");
        Activation(key, "key");
        Activation(value, "value");
        Activation(ropeTable, "ropeTable");
        Cache(cache);
        Heads(query, "query", cache, batch);
        int kvSize = cache.KvHeadCount * cache.HeadSize;
        Require(key.Rows == batch.TokenCount && key.Columns == kvSize, $"key {key} must be [{batch.TokenCount}, {kvSize}] for {Text(cache)}.");
        Require(value.Rows == batch.TokenCount && value.Columns == kvSize, $"value {value} must be [{batch.TokenCount}, {kvSize}] for {Text(cache)}.");
        Require(
            ropeTable.Columns % 2 == 0 && ropeTable.Columns <= cache.HeadSize,
            $"ropeTable {ropeTable} must have an even number of columns, at most the head size {cache.HeadSize}.");
        Indices(batch.RopeRows, "RopeRows", batch.TokenCount, ropeTable.Rows, "rows of ropeTable");
        Indices(batch.Slots, "Slots", batch.TokenCount, (long)cache.PageCount * cache.PageSize, "slots of the cache");
    }

    public static void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, int window)
    {
        Activation(destination, "destination");
        Activation(query, "query");
        Cache(cache);
        Heads(query, "query", cache, batch);
        Require(destination.Rows == query.Rows && destination.Columns == query.Columns, "destination", destination, "query", query);
        Require(window > 0, $"window is {window}; a token sees at least itself.");
        TensorView tables = batch.PageTables;
        Require(
            tables.DType == DType.I32 && (batch.TokenCount == 0 || tables.Rows == batch.SequenceCount),
            $"PageTables {tables} must be I32 with {batch.SequenceCount} rows.");
        Indices(batch.SequenceOfToken, "SequenceOfToken", batch.TokenCount, batch.SequenceCount, "sequences");
        long longest = Math.Min(batch.LongestLength, (long)tables.Columns * cache.PageSize);
        Indices(batch.Positions, "Positions", batch.TokenCount, longest, "positions of LongestLength and PageTables");
        for (int t = 0; t < batch.TokenCount; t++)
        {
            int last = ((int*)batch.Positions.Address)[t];
            int* pages = (int*)tables.Address + (((int*)batch.SequenceOfToken.Address)[t] * tables.RowStride);
            bool sequenceSeen = t + 1 < batch.TokenCount
                && ((int*)batch.SequenceOfToken.Address)[t + 1] == ((int*)batch.SequenceOfToken.Address)[t]
                && ((int*)batch.Positions.Address)[t + 1] >= last;
            for (int i = 0; !sequenceSeen && i <= last / cache.PageSize; i++)
            {
                Require(
                    (uint)pages[i] < (uint)cache.PageCount || i < FirstPage(t, window, cache, batch),
                    $"page {pages[i]} of token {t}, block {i}, is not one of the cache's {cache.PageCount} pages.");
            }
        }
    }

    public static void GatherRows(TensorView destination, TensorView source, TensorView rows)
    {
        Activation(destination, "destination");
        Activation(source, "source");
        Columns(destination, "destination", source, "source");
        Indices(rows, "rows", destination.Rows, source.Rows, "rows of source");
    }

    /// <summary>The first values of a tensor and as many of the host's.</summary>
    public static void Copy<T>(TensorView tensor, int valueCount)
        where T : unmanaged
        => Require(
            (tensor.Rows <= 1 || tensor.RowStride == tensor.Columns) && sizeof(T) == tensor.DType.SizeInBytes() && valueCount <= tensor.Count,
            $"{valueCount} values of {typeof(T).Name} do not fit a {tensor} (row stride {tensor.RowStride}).");

    public static void Argmax(TensorView destination, TensorView logits)
    {
        Activation(logits, "logits");
        Require(
            destination.DType == DType.I32 && destination.Rows == 1 && destination.Columns == logits.Rows, "destination", destination, "logits", logits);
        Require(logits.Rows == 0 || logits.Columns > 0, $"logits {logits} has no columns to choose from.");
    }

    // Pages that lie wholly before every window of the sequence are never read and may have been given back.
    private static int FirstPage(int lastToken, int window, in KvLayerView cache, in BatchView batch)
    {
        int* sequences = (int*)batch.SequenceOfToken.Address;
        int first = lastToken;
        while (first > 0 && sequences[first - 1] == sequences[lastToken])
        {
            first--;
        }

        return (int)(Math.Max(0, (long)((int*)batch.Positions.Address)[first] - window + 1) / cache.PageSize);
    }

    private static void Product(TensorView destination, TensorView source, WeightView weight, string name)
    {
        Activation(source, "source");
        Weight(weight, name);
        Require(destination.Rows == source.Rows, "destination", destination, "source", source);
        Columns(source, "source", weight.Values, name);
        Require(destination.Columns == weight.Rows, "destination", destination, name, weight.Values);
    }

    private static void Weight(WeightView view, string name)
    {
        if (view.IsFloat)
        {
            Weight(view.Values, name);
            return;
        }

        Require(view.Values.Address % BlockLayout.Alignment == 0, $"{name} {view} must lie at a multiple of {BlockLayout.Alignment} bytes.");
    }

    private static void Heads(TensorView query, string name, in KvLayerView cache, in BatchView batch)
    {
        int unit = cache.KvHeadCount * cache.HeadSize;
        Require(
            query.Rows == batch.TokenCount && query.Columns > 0 && query.Columns % unit == 0,
            $"{name} {query} must have {batch.TokenCount} rows and a multiple of {unit} columns for {Text(cache)}.");
    }

    private static void Cache(in KvLayerView cache)
    {
        Require(
            cache.DType is DType.F32 or DType.BF16 or DType.I8 && cache.PageSize > 0 && cache.PageSize % KvLayerView.BlockTokens == 0
                && cache.KvHeadCount > 0 && cache.HeadSize > 0,
            $"{Text(cache)} must be F32, BF16 or I8 with sizes above zero, pages of a multiple of {KvLayerView.BlockTokens}.");
    }

    private static void Activation(TensorView view, string name)
        => Require(view.DType == DType.F32 && view.RowStride >= view.Columns, $"{name} is {view} with row stride {view.RowStride}; activations are F32.");

    private static void Weight(TensorView view, string name) => Require(
        view.DType is DType.F32 or DType.BF16 or DType.F16 && view.RowStride >= view.Columns,
        $"{name} is {view} with row stride {view.RowStride}; weights are F32, BF16 or F16.");

    private static void Columns(TensorView left, string leftName, TensorView right, string rightName)
        => Require(left.Columns == right.Columns, leftName, left, rightName, right);

    private static void Indices(TensorView vector, string name, int count, long limit, string what)
    {
        Require(vector.DType == DType.I32 && vector.Rows * vector.Columns == count, $"{name} is {vector}; expected I32 [1, {count}].");
        for (int i = 0; i < count; i++)
        {
            int index = ((int*)vector.Address)[i];
            Require(index >= 0 && index < limit, $"{name}[{i}] is {index}; there are {limit} {what}.");
        }
    }

    private static void Require(bool holds, string leftName, TensorView left, string rightName, TensorView right)
        => Require(holds, $"{leftName} {left} does not fit {rightName} {right}.");

    private static void Require(
        bool holds, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(holds))] ref ShapeMessage message)
    {
        if (!holds)
        {
            throw new ArgumentException(message.ToString());
        }
    }

    private static string Text(in KvLayerView cache)
        => $"cache {cache.DType} with {cache.KvHeadCount} heads of {cache.HeadSize}, {cache.PageCount} pages of {cache.PageSize}";
}
