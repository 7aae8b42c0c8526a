// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Core.Weights.Gguf;
using Phi4.Core.Weights.Quantization;

namespace Phi4.Core.Generation;

/// <summary>From one model folder, or GGUF file, to another that is quantized.</summary>
internal static class ModelQuantizer
{
    // Headers, index and configuration are far below it; file systems take some more than files hold.
    private const long RoomBesideTensors = 16 << 20;

    private static readonly string[] TextFiles =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "chat_template.jinja", "*.tiktoken",
    ];

    private static readonly string[] OtherFiles = [GenerationConfigReader.FileName, "LICENSE*", "NOTICE*"];

    public static QuantizationReport Run(
        string input, string output, QuantizationOptions options, IProgress<LoadProgress>? progress, CancellationToken cancellationToken)
    {
        Validate(options);
        bool isGguf = GgufFile.IsPath(input);
        byte[] configuration = isGguf ? [] : ConfigObject.ReadFile(Path.Combine(input, ModelConfigReader.FileName));
        using IWeightSource source = isGguf
            ? GgufSource.Open(input)
            : WeightSources.Open(ModelConfigReader.Parse(configuration, Path.Combine(input, ModelConfigReader.FileName)), input, cancellationToken);
        ModelConfig config = source is GgufSource gguf ? gguf.Config : ModelConfigReader.Parse(configuration, Path.Combine(input, ModelConfigReader.FileName));
        using FreshFolder folder = FreshFolder.Create(output);
        (Calibration? calibration, int calibrationTokens) = Calibrate(input, options, cancellationToken);
        var writing = new WeightLoadOptions
        {
            Calibration = calibration,
            Progress = progress,
            Plan = WeightPlan.Of(options.Weights, options.HeadWeights),
            Scales = options.Scales,
            ThreadCount = options.ThreadCount ?? Environment.ProcessorCount,
        };
        using var checkpoint = new BlockCheckpoint(config, source, writing, cancellationToken);
        BlockWeightsConfig blocks = checkpoint.Blocks ?? throw new InvalidOptionsException(
            nameof(QuantizationOptions.Weights), options.Weights, "Int8 or Int4, for a checkpoint that isn't quantized yet");
        string[] texts = isGguf ? [] : Files(input, TextFiles);
        string[] others = isGguf ? [] : Files(input, OtherFiles);
        folder.RequireRoom(checkpoint.ByteCount + RoomBesideTensors + texts.Concat(others).Sum(file => new FileInfo(file).Length));
        IReadOnlyList<QuantizationError?> lost = checkpoint.Write(folder.Path, options.ShardBytes);
        foreach (string file in texts.Concat(others))
        {
            File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        }

        if (calibrationTokens > 0)
        {
            calibration!.Write(Path.Combine(folder.Path, Calibration.FileName), calibrationTokens);
        }

        // Last, so that a folder without it was never complete.
        File.WriteAllBytes(
            Path.Combine(folder.Path, ModelConfigReader.FileName), isGguf ? ModelConfigWriter.Write(config, blocks) : ModelConfigWriter.Rewrite(configuration, blocks));
        cancellationToken.ThrowIfCancellationRequested();
        folder.Publish();
        return new QuantizationReport(output, [.. checkpoint.Tensors.Zip(lost, Describe)], texts.Length > 0);
    }

    private static (Calibration? Found, int TokenCount) Calibrate(string input, QuantizationOptions options, CancellationToken cancellationToken) =>
        options.CalibrationText is { } text ? Calibrator.Run(input, text, options.CalibrationTokens, options.ThreadCount, cancellationToken)
            : options.ImportanceFile is { } file ? (Calibration.Read(file), 0)
            : (null, 0);

    private static TensorQuantization Describe(KeptTensor tensor, QuantizationError? lost) => new(
        tensor.Spec.Name, tensor.Spec.Shape, tensor.Source.Stored, tensor.Blocks?.Format.ToString() ?? tensor.Floats.ToString(), tensor.ByteCount,
        lost is { } error ? new QuantizationLoss(error.SquaredError, error.SquaredSum, error.WeightedError, error.WeightedSum) : null);

    private static string[] Files(string folder, string[] patterns) => [.. patterns.SelectMany(pattern => Directory.EnumerateFiles(folder, pattern)).Distinct().Order(StringComparer.Ordinal)];

    private static void Validate(QuantizationOptions options)
    {
        Require(options.Weights is WeightType.Int8 or WeightType.Int4 or WeightType.AsStored, nameof(options.Weights), options.Weights, "Int8, Int4 or AsStored");
        Require(options.HeadWeights is null || Enum.IsDefined(options.HeadWeights.Value), nameof(options.HeadWeights), options.HeadWeights, "a named type, or null");
        Require(Enum.IsDefined(options.Scales), nameof(options.Scales), options.Scales, "a named choice");
        Require(options.ThreadCount is null or (>= 1 and <= 1024), nameof(options.ThreadCount), options.ThreadCount, "1 to 1024, or null");
        bool isCalibrated = options.CalibrationText is not null || options.ImportanceFile is not null;
        Require(options.CalibrationText is null || options.ImportanceFile is null, nameof(options.ImportanceFile), options.ImportanceFile, "none beside a text");
        Require(!isCalibrated || options.Weights != WeightType.AsStored, nameof(options.Weights), options.Weights, "Int8 or Int4, to be calibrated");
        Require(options.CalibrationTokens >= 1, nameof(options.CalibrationTokens), options.CalibrationTokens, "at least 1");
        Require(options.ShardBytes >= 1, nameof(options.ShardBytes), options.ShardBytes, "at least 1");
    }

    private static void Require(bool holds, string option, object? value, string allowed)
    {
        if (!holds)
        {
            throw new InvalidOptionsException(option, value, allowed);
        }
    }
}
