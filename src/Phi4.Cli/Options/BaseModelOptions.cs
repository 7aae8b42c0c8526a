// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;

namespace Phi4.Cli.Options;

/// <summary>The model that another is judged by: where it differs, and most exact unless told otherwise.</summary>
internal sealed class BaseModelOptions
{
    private readonly Func<string, string?> _environment;
    private readonly Option<string?> _folder;
    private readonly Option<WeightType?> _weights;
    private readonly Option<WeightType?> _head;
    private readonly Option<KvCacheType?> _kv;

    public BaseModelOptions(OptionFactory factory)
    {
        _environment = factory.Environment;
        _folder = factory.Text("--base", [], "PATH", "The base model, which the model is judged by: a folder or a GGUF file; may be the model's own.");
        _weights = factory.Choice("--base-weights", [], "How the base model's matrices are kept.", "stored", null, ModelOptions.WeightTypes);
        _head = factory.Choice("--base-head", [], "How the base model's head is kept.", "as --base-weights, but int8 beside int4", null, ModelOptions.WeightTypes);
        _kv = factory.Choice("--base-kv", [], "How the base model's cache stores keys and values.", "f32", null, ModelOptions.KvCacheTypes);
    }

    public void AddTo(Command command)
    {
        command.Add(_folder);
        command.Add(_weights);
        command.Add(_head);
        command.Add(_kv);
    }

    /// <exception cref="CommandException">None was named, or it holds no model.</exception>
    public string RequireFolderOf(ParseResult parse) => parse.GetValue(_folder) is { Length: > 0 } folder
        ? ModelSource.Require(folder, _environment)
        : throw CommandException.Usage("No base model given.", "name its folder with --base; the model's own folder will do.");

    /// <summary>The base model's options: device, threads and context are the model's.</summary>
    public Phi4LoadOptions LoadOptionsOf(ParseResult parse, Phi4LoadOptions model) => model with
    {
        Weights = parse.GetValue(_weights) ?? WeightType.AsStored,
        HeadWeights = parse.GetValue(_head),
        KvCacheType = parse.GetValue(_kv) ?? KvCacheType.F32,
    };
}
