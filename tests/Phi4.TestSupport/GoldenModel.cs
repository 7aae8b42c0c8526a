// SPDX-License-Identifier: MIT
using System.Text.Json;

namespace Phi4.TestSupport;

/// <summary>What the reference implementation computed for one of the small models; the format is described in tests/goldens/models/README.md.</summary>
public sealed class GoldenModel
{
    private GoldenModel(string folder, IReadOnlyList<GoldenPrompt> prompts, IReadOnlyList<GoldenGreedy> greedy, JsonElement root)
    {
        Folder = folder;
        Prompts = prompts;
        Greedy = greedy;
        StatesPromptLength = root.GetProperty("states_prompt_length").GetInt32();
        States = Vectors(root.GetProperty("states_last_position"));
        LayerZeroTrace = Vectors(root.GetProperty("layer0_trace_last_position"));
    }

    public string Folder { get; }

    public IReadOnlyList<GoldenPrompt> Prompts { get; }

    public IReadOnlyList<GoldenGreedy> Greedy { get; }

    /// <summary>Length of the prompt that the states belong to.</summary>
    public int StatesPromptLength { get; }

    /// <summary>The residual stream at the last position: embedding, layer_0.., final_norm.</summary>
    public IReadOnlyDictionary<string, GoldenVector> States { get; }

    /// <summary>Steps inside layer 0 at the last position.</summary>
    public IReadOnlyDictionary<string, GoldenVector> LayerZeroTrace { get; }

    public static GoldenModel Read(string name)
    {
        string folder = Goldens.Model(name);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "goldens.json")));
        JsonElement root = document.RootElement;
        return new GoldenModel(
            folder,
            [.. root.GetProperty("prompts").EnumerateArray().Select(GoldenPrompt.Read)],
            [.. root.GetProperty("greedy").EnumerateArray().Select(GoldenGreedy.Read)],
            root);
    }

    internal static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];

    internal static float[] Floats(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetSingle())];

    private static Dictionary<string, GoldenVector> Vectors(JsonElement element) => element.EnumerateObject()
        .Where(property => property.Value.ValueKind == JsonValueKind.Object)
        .ToDictionary(property => property.Name, property => GoldenVector.Read(property.Value));
}

/// <summary>A prompt and the logits at its last and some inner positions.</summary>
public sealed record GoldenPrompt(int[] Ids, float[] LastLogits, double Std, IReadOnlyList<GoldenInner> Inner)
{
    internal static GoldenPrompt Read(JsonElement element) => new(
        GoldenModel.Ints(element.GetProperty("ids")),
        GoldenModel.Floats(element.GetProperty("logits_last")),
        element.GetProperty("checks").GetProperty("std").GetDouble(),
        [.. element.GetProperty("inner").EnumerateArray().Select(GoldenInner.Read)]);
}

/// <summary>An inner position: all logits, or the largest twenty.</summary>
public sealed record GoldenInner(int Position, int[] Ids, float[] Logits)
{
    internal static GoldenInner Read(JsonElement element)
    {
        int position = element.GetProperty("position").GetInt32();
        if (element.TryGetProperty("logits", out JsonElement all))
        {
            float[] logits = GoldenModel.Floats(all);
            return new GoldenInner(position, [.. Enumerable.Range(0, logits.Length)], logits);
        }

        JsonElement top = element.GetProperty("top");
        return new GoldenInner(position, GoldenModel.Ints(top.GetProperty("ids")), GoldenModel.Floats(top.GetProperty("logits")));
    }
}

/// <summary>A greedy continuation, to be checked by feeding its own tokens.</summary>
public sealed record GoldenGreedy(int[] PromptIds, int[] Tokens, float[] TopLogits, float[] Margins)
{
    internal static GoldenGreedy Read(JsonElement element) => new(
        GoldenModel.Ints(element.GetProperty("prompt_ids")),
        GoldenModel.Ints(element.GetProperty("tokens")),
        GoldenModel.Floats(element.GetProperty("top1_logit")),
        GoldenModel.Floats(element.GetProperty("margin")));
}

/// <summary>A vector by its size, L2 norm and first values.</summary>
public sealed record GoldenVector(int Size, double Norm, float[] First)
{
    internal static GoldenVector Read(JsonElement element) => new(
        element.GetProperty("size").GetInt32(), element.GetProperty("l2").GetDouble(), GoldenModel.Floats(element.GetProperty("first8")));
}
