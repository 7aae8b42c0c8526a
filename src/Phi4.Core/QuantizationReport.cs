// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>What quantizing a checkpoint has kept and lost.</summary>
/// <param name="Folder">Where the new checkpoint is.</param>
/// <param name="Tensors">All its tensors, in the model's order.</param>
/// <param name="HasTokenizer">Tokenizer files were found and copied; without them the new checkpoint takes token ids only.</param>
public sealed record QuantizationReport(string Folder, IReadOnlyList<TensorQuantization> Tensors, bool HasTokenizer)
{
    /// <summary>Bytes of all tensors, scales and offsets included.</summary>
    public long ByteCount => Tensors.Sum(tensor => tensor.ByteCount);

    /// <summary>Weights of all tensors.</summary>
    public long Count => Tensors.Sum(tensor => tensor.Count);

    /// <summary>Bits a weight over all tensors: embedding, head and norms counted, scales and offsets included.</summary>
    public double BitsPerWeight => 8.0 * ByteCount / Count;

    /// <summary>As for a tensor, over all tensors that were quantized; null if none was.</summary>
    public double? RelativeError => Ratio(tensor => tensor.Loss?.SquaredError, tensor => tensor.Loss?.SquaredSum);

    /// <summary>As for a tensor, over all tensors that were quantized; null if none was.</summary>
    public double? WeightedError => Ratio(tensor => tensor.Loss?.WeightedError, tensor => tensor.Loss?.WeightedSum);

    private double? Ratio(Func<TensorQuantization, double?> error, Func<TensorQuantization, double?> sum) =>
        Tensors.Sum(sum) is > 0 and var whole ? Math.Sqrt(Tensors.Sum(error)!.Value / whole) : null;
}

/// <summary>What became of one tensor.</summary>
/// <param name="Name">Its Hugging Face name.</param>
/// <param name="Shape">Output features and input features, or the size of a vector.</param>
/// <param name="Stored">How the source keeps it: <c>BF16</c>, <c>Q4_K</c>.</param>
/// <param name="Kept">How it is kept now: <c>Int4</c>, <c>F32</c>.</param>
/// <param name="ByteCount">Bytes that it takes now, scales and offsets included.</param>
/// <param name="Loss">What was lost; null where it was not quantized anew.</param>
public sealed record TensorQuantization(string Name, IReadOnlyList<long> Shape, string Stored, string Kept, long ByteCount, QuantizationLoss? Loss)
{
    /// <summary>Weights.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>Bits a weight, scales and offsets included, and what fills the last tile and block of a matrix whose sizes aren't whole numbers of them.</summary>
    public double BitsPerWeight => 8.0 * ByteCount / Count;
}

/// <summary>Sums over weights x, their errors e and, with calibration, what an error in each input costs, w (1 without).</summary>
/// <param name="SquaredError">Sum of e².</param>
/// <param name="SquaredSum">Sum of x².</param>
/// <param name="WeightedError">Sum of w e².</param>
/// <param name="WeightedSum">Sum of w x².</param>
public sealed record QuantizationLoss(double SquaredError, double SquaredSum, double WeightedError, double WeightedSum)
{
    /// <summary>Root mean square of the errors over that of the weights.</summary>
    public double Relative => SquaredSum > 0 ? Math.Sqrt(SquaredError / SquaredSum) : 0;

    /// <summary>The same with every input counted by what it costs.</summary>
    public double Weighted => WeightedSum > 0 ? Math.Sqrt(WeightedError / WeightedSum) : 0;
}
