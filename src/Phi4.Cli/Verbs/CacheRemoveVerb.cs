// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;
using Phi4.Cli.Json;
using Phi4.Cli.Options;
using Phi4.Cli.Streams;

namespace Phi4.Cli.Verbs;

/// <summary><c>phi4 cache rm</c>: takes models, or single revisions, out of the hub cache.</summary>
internal sealed class CacheRemoveVerb : IVerb
{
    private readonly Argument<string[]> _names;
    private readonly Option<bool> _dryRun;
    private readonly Option<OutputFormat?> _output;

    public CacheRemoveVerb(OptionFactory factory)
    {
        _names = new Argument<string[]>("model")
        {
            Description = "owner/name for all of a model, owner/name@revision for one revision and what no other needs.",
            Arity = ArgumentArity.OneOrMore,
        };
        _dryRun = factory.Switch("--dry-run", [], "Only tell what would be removed.");
        _output = factory.Choice(
            "--output", ["-o"], "json prints one object a model.", "text", "PHI4_OUTPUT", ("text", OutputFormat.Text), ("json", OutputFormat.Json));
        Command = new Command("rm", "Removes downloaded models from the cache. Nothing outside of a model's own folder there is touched.") { _names, _dryRun, _output };
    }

    public Command Command { get; }

    public Task<int> RunAsync(VerbContext context)
    {
        HubOptions options = Phi4Hub.OptionsFrom(context.Terminal.Environment);
        string[] names = context.Parse.GetValue(_names)!;
        bool dryRun = context.Parse.GetValue(_dryRun);
        if (names.FirstOrDefault(name => !Phi4Hub.IsModelName(name)) is { } bad)
        {
            throw CommandException.Usage($"\"{bad}\" is no name of a model.", "`phi4 cache ls` lists them.");
        }

        foreach (string name in names)
        {
            Write(context, Remove(name, options, dryRun), dryRun);
        }

        return Task.FromResult(ExitCode.Success);
    }

    private static RemovedModel Remove(string name, HubOptions options, bool dryRun)
    {
        try
        {
            return Phi4Hub.Remove(name, options, dryRun);
        }
        catch (ModelNotCachedException e)
        {
            throw new CommandException(ExitCode.ModelNotFound, $"the hub cache {e.CacheFolder} {e.Lacks}: {name}.", "`phi4 cache ls` lists what there is.");
        }
    }

    private void Write(VerbContext context, RemovedModel removed, bool dryRun)
    {
        if (context.Parse.GetValue(_output) != OutputFormat.Json)
        {
            string verb = dryRun ? "would be removed" : "removed";
            context.Terminal.Out.WriteLine(FormattableString.Invariant($"{removed.Model}: {removed.Commits.Count} revisions, {Quantity.Bytes(removed.Bytes)} {verb}"));
            return;
        }

        using var line = new JsonLine();
        context.Terminal.Out.WriteLine(line.Object(writer =>
        {
            writer.WriteString("model", removed.Model);
            writer.WriteNumber("bytes", removed.Bytes);
            writer.WriteBoolean("removed", !dryRun);
            writer.WriteStartArray("commits");
            foreach (string commit in removed.Commits)
            {
                writer.WriteStringValue(commit);
            }

            writer.WriteEndArray();
        }));
    }
}
