// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Gguf;
using Phi4.Peers;

namespace Phi4.Quality;

/// <summary>A way to keep the matrices of the layers; embedding, head and vectors stay as they are, whatever the format.</summary>
/// <param name="Name">As the table has it.</param>
/// <param name="Open">The same model in that format.</param>
internal sealed record Format(string Name, Func<IWeightSource> Open);

/// <summary>Our formats, and llama.cpp's where its program is there.</summary>
internal static class Formats
{
    private static readonly string[] Foreign = ["Q8_0", "Q6_K", "Q4_1", "Q4_K_S", "IQ4_NL", "Q4_0"];

    /// <summary>Formats, made one after another as they are asked for.</summary>
    /// <param name="folder">The model.</param>
    /// <param name="llamaQuantize">The program, or null.</param>
    /// <param name="calibrationText">A text that was not evaluated on, or null.</param>
    /// <param name="scratch">Where files may lie.</param>
    public static async IAsyncEnumerable<Format> MakeAsync(string folder, string? llamaQuantize, string? calibrationText, string scratch)
    {
        yield return await OursAsync("int8, to nearest", folder, scratch, new QuantizationOptions { Weights = WeightType.Int8, Scales = ScaleChoice.Nearest });
        yield return await OursAsync("int8", folder, scratch, new QuantizationOptions { Weights = WeightType.Int8 });
        yield return await OursAsync("int4, to nearest", folder, scratch, new QuantizationOptions { Scales = ScaleChoice.Nearest });
        yield return await OursAsync("int4", folder, scratch, new QuantizationOptions());
        if (calibrationText is not null)
        {
            yield return await OursAsync("int4, calibrated", folder, scratch, new QuantizationOptions { CalibrationText = calibrationText });
        }

        if (llamaQuantize is not null)
        {
            string twin = Path.Combine(scratch, $"{Path.GetFileName(folder)}.gguf");
            TwinWriter.Write(new Peers.Arguments { Folder = folder, Out = twin, Type = TwinType.F32, HeadType = TwinType.F32 }, CancellationToken.None);
            foreach (string type in Foreign)
            {
                yield return await TheirsAsync(type, twin, llamaQuantize);
            }
        }
    }

    private static async Task<Format> OursAsync(string name, string folder, string scratch, QuantizationOptions options)
    {
        string made = Path.Combine(scratch, $"{Path.GetFileName(folder)} {name}");
        await Phi4Quantizer.QuantizeAsync(folder, made, options with { HeadWeights = WeightType.AsStored });
        ModelConfig config = ModelConfigReader.Read(Path.Combine(made, ModelConfigReader.FileName));
        return new Format(name, () => WeightSources.Open(config, made));
    }

    private static async Task<Format> TheirsAsync(string type, string twin, string program)
    {
        string file = $"{twin}.{type}";
        ProcessStartInfo start = new(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in new[] { "--pure", "--output-tensor-type", "f32", "--token-embedding-type", "f32", twin, file, type })
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? new Format(type, () => GgufSource.Open(file))
            : throw new InvalidOperationException($"{program} failed on {type}: {errors}{await output}");
    }
}
