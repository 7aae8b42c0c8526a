// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>
/// Everything the model may ask of a backend: arithmetic on tensors in that backend's memory, destination first.
/// Shape letters: T tokens, H hidden, Q query heads, K kv heads, D head size, F mlp, V vocabulary, N output features, S sequences, P page size.
/// Activations are F32. Weights are F32, BF16 or F16, those of the linear operations Int8 or Int4 too. Integer operands (ids, rows) are I32 vectors.
/// </summary>
/// <remarks>
/// Two promises hold for every operation on one backend. A row's result is the same bits whatever other rows are in the call.
/// And it is the same bits for any thread count. docs/numerics.md gives the order of summation behind them.
/// Not thread-safe: one step at a time.
/// </remarks>
internal interface IKernels : IDisposable
{
    /// <summary>Short name for people: <c>reference</c>, <c>cpu</c>.</summary>
    string Name { get; }

    /// <summary>Memory that this backend can read and write, 64-byte aligned, contents undefined.</summary>
    KernelBuffer Allocate(long byteCount, string purpose);

    /// <summary>Copies host values into the first elements of a tensor that has no gaps between rows.</summary>
    void Write<T>(TensorView destination, ReadOnlySpan<T> source)
        where T : unmanaged;

    /// <summary>Copies the first elements of a tensor that has no gaps between rows to the host, after all work asked for so far.</summary>
    void Read<T>(Span<T> destination, TensorView source)
        where T : unmanaged;

    /// <summary>Copies the keys and values of all heads of one page to another page of the same layer.</summary>
    void CopyPage(in KvLayerView cache, int sourcePage, int destinationPage);

    /// <summary>destination[t, :] = table[ids[t], :], widened to F32.  destination [T, H], table [V, H], ids [1, T].</summary>
    void Embed(TensorView destination, TensorView table, TensorView ids);

    /// <summary>destination[t, :] = source[t, :] * rsqrt(mean(source[t, :]^2) + epsilon) * weight.  destination, source [T, H], weight [1, H].</summary>
    void RmsNorm(TensorView destination, TensorView source, TensorView weight, float epsilon);

    /// <summary>
    /// destination = source * weight^T (+ bias) or, with <see cref="LinearEpilogue.AddResidual"/>, destination += the same.
    /// destination [T, N], source [T, H], weight [N, H], bias [1, N] or none. Destination must not overlap source.
    /// </summary>
    void Linear(TensorView destination, TensorView source, WeightView weight, TensorView bias, LinearEpilogue epilogue);

    /// <summary>destination = silu(source * gate^T) * (source * up^T), silu(z) = z / (1 + e^-z).  destination [T, F], source [T, H], gate, up [F, H].</summary>
    void LinearSwiGlu(TensorView destination, TensorView source, WeightView gate, WeightView up);

    /// <summary>
    /// <see cref="Linear"/> without an epilogue over <see cref="RmsNorm"/> of the source, in the same bits as one after the other; a backend may do both at once.
    /// </summary>
    void NormLinear(TensorView destination, TensorView source, in RowNorm norm, WeightView weight, TensorView bias)
    {
        RmsNorm(norm.Room, source, norm.Weight, norm.Epsilon);
        Linear(destination, norm.Room, weight, bias, LinearEpilogue.None);
    }

    /// <summary>
    /// <see cref="NormLinear"/> to <paramref name="projected"/>, whose parts query, key and value are, and then <see cref="RopeAndAppend"/> of those, in the same bits. A backend
    /// may do all at once; what the rows of key and value hold afterwards is undefined.
    /// </summary>
    void NormLinearRopeAndAppend(
        in Projection projected, TensorView source, in RowNorm norm, WeightView weight, TensorView ropeTable, in KvLayerView cache, in BatchView batch)
    {
        NormLinear(projected.All, source, norm, weight, TensorView.None);
        RopeAndAppend(projected.Query, projected.Key, projected.Value, ropeTable, cache, batch);
    }

    /// <summary><see cref="LinearSwiGlu"/> over <see cref="RmsNorm"/> of the source, likewise.</summary>
    void NormLinearSwiGlu(TensorView destination, TensorView source, in RowNorm norm, WeightView gate, WeightView up)
    {
        RmsNorm(norm.Room, source, norm.Weight, norm.Epsilon);
        LinearSwiGlu(destination, norm.Room, gate, up);
    }

    /// <summary>
    /// Rotates query and key in place (half rotation: pairs (i, i + rotarySize/2) of each head's first rotarySize values; the rest passes through)
    /// and writes key and value of token t to slot <c>batch.Slots[t]</c> of the cache layer, rounding to the cache's type.
    /// query [T, Q*D], key, value [T, K*D]; ropeTable [rows, rotarySize] F32: cos of the rotarySize/2 angles, then sin; row = <c>batch.RopeRows[t]</c>.
    /// </summary>
    void RopeAndAppend(TensorView query, TensorView key, TensorView value, TensorView ropeTable, in KvLayerView cache, in BatchView batch);

    /// <summary>
    /// Causal grouped-query attention over the pages: token t of sequence s sees cached positions p with
    /// <c>Positions[t] - window &lt; p &lt;= Positions[t]</c>. Query head j reads kv head j / (Q/K).
    /// destination, query [T, Q*D]. Scores are multiplied by <paramref name="scale"/> and softmaxed in F32.
    /// </summary>
    /// <param name="destination">Attended values, heads side by side.</param>
    /// <param name="query">Rotated queries.</param>
    /// <param name="cache">This layer's pages, holding every position up to and including the batch's own.</param>
    /// <param name="batch">Where each token stands.</param>
    /// <param name="scale">Usually D^-0.5.</param>
    /// <param name="window">Positions a token sees, itself included; <see cref="int.MaxValue"/> for all.</param>
    void Attention(TensorView destination, TensorView query, in KvLayerView cache, in BatchView batch, float scale, int window);

    /// <summary>destination[r, :] = source[rows[r], :].  destination [R, H], source [T, H] F32, rows [1, R].</summary>
    void GatherRows(TensorView destination, TensorView source, TensorView rows);

    /// <summary>destination[r] = index of the largest logits[r, :], the lowest on ties; NaN is never chosen.  destination [1, R] I32, logits [R, V].</summary>
    void Argmax(TensorView destination, TensorView logits);

    /// <summary>
    /// Does a step's work. A backend may keep what the work asked for, and do the same again when a batch of the same shape comes, without asking: everything that differs
    /// between steps is in memory. What the work asks for may depend on the batch's counts and on <paramref name="variant"/>, and on nothing else.
    /// </summary>
    void Repeat<TWork>(in BatchView batch, int variant, in TWork work)
        where TWork : struct, IStepWork => work.Run();

    /// <summary>Tokens can be chosen where the logits are: <see cref="Sample"/> is there.</summary>
    bool SamplesItself => false;

    /// <summary>
    /// destination[r] = the token that a row of a <see cref="SamplingPlan"/> asks for, -1 if every logit is NaN or negative infinity; a row that isn't planned is left alone.
    /// Of planned rows the logits hold anything afterwards.  destination [1, R] I32, logits [R, V], plan: its bytes, U8.
    /// </summary>
    /// <exception cref="NotSupportedException">Not if <see cref="SamplesItself"/>.</exception>
    void Sample(TensorView destination, TensorView logits, TensorView plan) => throw new NotSupportedException($"The backend {Name} does not choose tokens.");
}

/// <summary>What <see cref="IKernels.Linear"/> does with the product.</summary>
internal enum LinearEpilogue
{
    /// <summary>Store it.</summary>
    None,

    /// <summary>Add it to what the destination holds.</summary>
    AddResidual,
}
