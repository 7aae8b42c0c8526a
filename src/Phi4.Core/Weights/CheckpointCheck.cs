// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Configuration;

namespace Phi4.Core.Weights;

/// <summary>Compares what a checkpoint holds with what its configuration asks for.</summary>
internal static class CheckpointCheck
{
    private const int ComparedValues = 1 << 20;

    /// <summary>Everything that is wrong; empty if the two agree.</summary>
    public static IReadOnlyList<ModelFormatProblem> Problems(ModelConfig config, IWeightSource source, CancellationToken cancellationToken)
    {
        List<ModelFormatProblem> problems = [];
        HashSet<string> wanted = new(StringComparer.Ordinal);
        foreach (TensorSpec spec in CheckpointLayout.Tensors(config))
        {
            wanted.Add(spec.Name);
            AddProblem(problems, source, spec);
        }

        foreach (SourceTensor tensor in source.Tensors)
        {
            if (!wanted.Contains(tensor.Name) && LeftOver(config, source, tensor, cancellationToken) is { } problem)
            {
                problems.Add(problem);
            }
        }

        return problems;
    }

    private static void AddProblem(List<ModelFormatProblem> problems, IWeightSource source, TensorSpec spec)
    {
        string expected = $"BF16, F16 or F32 [{string.Join(", ", spec.Shape)}]";
        SourceTensor? found = source.Find(spec.Name);
        if (found is null)
        {
            problems.Add(new(source.Path, spec.Name, expected, "no such tensor"));
        }
        else if (!found.Shape.SequenceEqual(spec.Shape) || !found.IsReadable)
        {
            problems.Add(new(found.File, spec.Name, expected, found.Signature));
        }
    }

    private static ModelFormatProblem? LeftOver(ModelConfig config, IWeightSource source, SourceTensor tensor, CancellationToken cancellationToken)
    {
        if (WeightNames.IsRotaryBuffer(tensor.Name))
        {
            return null;
        }

        if (config.TieWordEmbeddings && tensor.Name == WeightNames.Head && source.Find(WeightNames.Embedding) is { } embedding)
        {
            // A quantized copy of the embedding is no left-over but what the head reads.
            bool isCopy = tensor.Blocks is not null && embedding.Blocks is null && tensor.Shape.SequenceEqual(embedding.Shape);
            return isCopy || SameValues(source, tensor, embedding, cancellationToken)
                ? null
                : new(tensor.File, tensor.Name, $"the same values as {WeightNames.Embedding}, for the configuration ties the two", "others");
        }

        return new(tensor.File, tensor.Name, $"only tensors of a {config.Architecture} with {config.LayerCount} layers", $"a left-over {tensor.Signature}");
    }

    private static bool SameValues(IWeightSource source, SourceTensor a, SourceTensor b, CancellationToken cancellationToken)
    {
        if (a.Signature != b.Signature || !a.IsReadable)
        {
            return false;
        }

        int rows = Math.Max(1, ComparedValues / a.Columns);
        float[] ofA = new float[rows * a.Columns];
        float[] ofB = new float[rows * a.Columns];
        for (int start = 0; start < a.Rows; start += rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(rows, a.Rows - start);
            source.ReadRows(a, start, count, ofA);
            source.ReadRows(b, start, count, ofB);
            if (!MemoryMarshal.AsBytes<float>(ofA.AsSpan(0, count * a.Columns)).SequenceEqual(MemoryMarshal.AsBytes<float>(ofB.AsSpan(0, count * a.Columns))))
            {
                return false;
            }
        }

        return true;
    }
}
