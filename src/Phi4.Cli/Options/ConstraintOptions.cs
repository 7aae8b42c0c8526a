// SPDX-License-Identifier: MIT
using System.CommandLine;
using Phi4.Cli.Errors;

namespace Phi4.Cli.Options;

/// <summary>What an answer has to be.</summary>
internal sealed class ConstraintOptions
{
    private readonly Option<bool> _json;
    private readonly Option<string?> _schema;
    private readonly Option<string?> _regex;
    private readonly Option<string[]> _choices;
    private readonly Option<string?> _grammar;
    private readonly Option<JsonWhitespace?> _space;

    public ConstraintOptions(OptionFactory factory)
    {
        _json = factory.Switch("--json", [], "The answer is a JSON value.");
        _schema = factory.Text("--json-schema", [], "FILE", "The answer is JSON that is valid under this JSON Schema.");
        _regex = factory.Text("--regex", [], "PATTERN", "The answer as a whole matches this regular expression.");
        _choices = new Option<string[]>("--choices")
        {
            HelpName = "TEXT",
            Description = "The answer is one of these texts.",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        _grammar = factory.Text("--grammar", [], "FILE", "The answer is a text of this grammar, in llama.cpp's GBNF notation.");
        _space = factory.Choice(
            "--json-space", [], "White space between the parts of JSON.", "bounded", null,
            ("bounded", JsonWhitespace.Bounded), ("compact", JsonWhitespace.Compact), ("any", JsonWhitespace.Any));
    }

    public void AddTo(Command command)
    {
        Option[] all = [_json, _schema, _regex, _choices, _grammar, _space];
        foreach (Option option in all)
        {
            command.Add(option);
        }
    }

    /// <summary>The constraint asked for, or null.</summary>
    public Constraint? Of(ParseResult parse)
    {
        JsonWhitespace? space = parse.GetValue(_space);
        string[] choices = parse.GetValue(_choices) ?? [];
        List<Constraint> asked = [];
        if (parse.GetValue(_json))
        {
            asked.Add(Constraint.Json(space ?? JsonWhitespace.Bounded));
        }

        if (parse.GetValue(_schema) is { } schema)
        {
            asked.Add(Constraint.JsonSchema(File.ReadAllText(schema), space ?? JsonWhitespace.Bounded));
        }

        if (parse.GetValue(_regex) is { } pattern)
        {
            asked.Add(Constraint.Regex(pattern));
        }

        if (choices.Length > 0)
        {
            asked.Add(Constraint.Choice(choices));
        }

        if (parse.GetValue(_grammar) is { } grammar)
        {
            asked.Add(Constraint.Grammar(File.ReadAllText(grammar)));
        }

        if (asked.Count > 1)
        {
            throw CommandException.Usage("--json, --json-schema, --regex, --choices and --grammar exclude each other.");
        }

        if (space is not null && asked is not [{ Kind: ConstraintKind.Json or ConstraintKind.JsonSchema }])
        {
            throw CommandException.Usage("--json-space needs --json or --json-schema.");
        }

        return asked.FirstOrDefault();
    }
}
