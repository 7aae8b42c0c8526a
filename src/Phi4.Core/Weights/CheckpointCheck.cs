// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Kernels;

namespace Phi4.Core.Weights;

/// <summary>Compares what a checkpoint holds with what its configuration asks for.</summary>
internal static class CheckpointCheck
{
    private const int CompareBytes = 1 << 24;

    /// <summary>Everything that is wrong; empty if the two agree.</summary>
    public static IReadOnlyList<ModelFormatProblem> Problems(ModelConfig config, Checkpoint checkpoint, CancellationToken cancellationToken)
    {
        List<ModelFormatProblem> problems = [];
        HashSet<string> wanted = new(StringComparer.Ordinal);
        foreach (TensorSpec spec in CheckpointLayout.Tensors(config))
        {
            wanted.Add(spec.Name);
            AddProblem(problems, checkpoint, spec);
        }

        foreach (TensorInfo tensor in checkpoint.Tensors)
        {
            if (!wanted.Contains(tensor.Name) && LeftOver(config, checkpoint, tensor, cancellationToken) is { } problem)
            {
                problems.Add(problem);
            }
        }

        return problems;
    }

    private static void AddProblem(List<ModelFormatProblem> problems, Checkpoint checkpoint, TensorSpec spec)
    {
        string expected = $"BF16, F16 or F32 [{string.Join(", ", spec.Shape)}]";
        TensorInfo? found = checkpoint.Find(spec.Name);
        if (found is null)
        {
            problems.Add(new(checkpoint.Folder, spec.Name, expected, "no such tensor"));
        }
        else if (!found.Shape.SequenceEqual(spec.Shape) || found.DType is not (DType.BF16 or DType.F16 or DType.F32))
        {
            problems.Add(new(found.File, spec.Name, expected, found.Signature));
        }
    }

    private static ModelFormatProblem? LeftOver(ModelConfig config, Checkpoint checkpoint, TensorInfo tensor, CancellationToken cancellationToken)
    {
        if (WeightNames.IsRotaryBuffer(tensor.Name))
        {
            return null;
        }

        if (config.TieWordEmbeddings && tensor.Name == WeightNames.Head && checkpoint.Find(WeightNames.Embedding) is { } embedding)
        {
            return SameBytes(checkpoint, tensor, embedding, cancellationToken)
                ? null
                : new(tensor.File, tensor.Name, $"the same values as {WeightNames.Embedding}, for the configuration ties the two", "others");
        }

        return new(tensor.File, tensor.Name, $"only tensors of a {config.Architecture} with {config.LayerCount} layers", $"a left-over {tensor.Signature}");
    }

    private static bool SameBytes(Checkpoint checkpoint, TensorInfo a, TensorInfo b, CancellationToken cancellationToken)
    {
        if (a.Signature != b.Signature)
        {
            return false;
        }

        for (long start = 0; start < a.ByteCount; start += CompareBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(CompareBytes, a.ByteCount - start);
            if (!checkpoint.FileOf(a.Name).Bytes(a, start, count).SequenceEqual(checkpoint.FileOf(b.Name).Bytes(b, start, count)))
            {
                return false;
            }
        }

        return true;
    }
}
