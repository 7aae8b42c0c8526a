// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Gguf;
using Phi4.Core.Weights.Quantization;
using Phi4.Peers;

namespace Phi4.Quality;

/// <summary>A way to keep the matrices of the layers; embedding, head and vectors stay as they are, whatever the format.</summary>
/// <param name="Name">As the table has it.</param>
/// <param name="Open">A source of the same model whose values are those that the format keeps.</param>
/// <param name="Run">How a model in that format is run as users run it: what is quantized while loading.</param>
internal sealed record Format(string Name, Func<IWeightSource> Open, Func<(IWeightSource Source, WeightPlan Plan)> Run);

/// <summary>Our formats, and llama.cpp's where its program is there.</summary>
internal static class Formats
{
    private static readonly string[] Foreign = ["Q8_0", "Q6_K", "Q4_1", "Q4_K_S", "IQ4_NL", "Q4_0"];

    public static IReadOnlyList<Format> Of(string folder, ModelConfig config, string? llamaQuantize, string scratch)
    {
        List<Format> formats =
        [
            Ours("int8", folder, config, WeightType.Int8, ScaleChoice.Search),
            Ours("int8, to nearest", folder, config, WeightType.Int8, ScaleChoice.Nearest),
            Ours("int4", folder, config, WeightType.Int4, ScaleChoice.Search),
            Ours("int4, to nearest", folder, config, WeightType.Int4, ScaleChoice.Nearest),
        ];
        if (llamaQuantize is not null)
        {
            string twin = Path.Combine(scratch, $"{Path.GetFileName(folder)}.gguf");
            TwinWriter.Write(new Peers.Arguments { Folder = folder, Out = twin, Type = TwinType.F32, HeadType = TwinType.F32 }, CancellationToken.None);
            formats.AddRange(Foreign.Select(type => Theirs(type, twin, llamaQuantize)));
        }

        return formats;
    }

    private static Format Ours(string name, string folder, ModelConfig config, WeightType type, ScaleChoice choice) => new(
        name,
        () => new QuantizedSource(WeightSources.Open(config, folder), type, choice),
        () => (WeightSources.Open(config, folder), new WeightPlan(type, WeightType.AsStored)));

    private static Format Theirs(string type, string twin, string program)
    {
        string file = $"{twin}.{type}";
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { "--pure", "--output-tensor-type", "f32", "--token-embedding-type", "f32", twin, file, type })
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? new Format(type, () => GgufSource.Open(file), () => (GgufSource.Open(file), WeightPlan.AsStored))
            : throw new InvalidOperationException($"{program} failed on {type}: {errors}{output.Result}");
    }
}
