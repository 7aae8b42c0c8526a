// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;

namespace Phi4.Extensions.AI.Tools;

/// <summary>The tools of a request and how they may be called.</summary>
internal sealed class ToolSet
{
    private const string OnlyFunctions = "functions (AIFunctionDeclaration) with different names; hosted tools need a service that runs them";

    private ToolSet(IReadOnlyList<AIFunctionDeclaration> all, IReadOnlyList<AIFunctionDeclaration> callable, bool mustCall, bool mayRepeat)
    {
        All = all;
        Callable = callable;
        MustCall = mustCall;
        MayRepeat = mayRepeat;
    }

    /// <summary>Those that the model is shown.</summary>
    public IReadOnlyList<AIFunctionDeclaration> All { get; }

    /// <summary>Those that it may call.</summary>
    public IReadOnlyList<AIFunctionDeclaration> Callable { get; }

    /// <summary>Nothing but calls may come.</summary>
    public bool MustCall { get; }

    /// <summary>Several calls may come in one answer.</summary>
    public bool MayRepeat { get; }

    /// <summary>Null where no tool may be called; then none is shown either.</summary>
    public static ToolSet? Read(ChatOptions options)
    {
        List<AIFunctionDeclaration> all = [];
        foreach (AITool tool in options.Tools ?? [])
        {
            if (tool is not AIFunctionDeclaration function || string.IsNullOrEmpty(tool.Name) || all.Any(other => other.Name == tool.Name))
            {
                throw new InvalidOptionsException(nameof(options.Tools), tool?.Name ?? "null", OnlyFunctions);
            }

            all.Add(function);
        }

        bool mayRepeat = options.AllowMultipleToolCalls ?? true;
        return options.ToolMode switch
        {
            NoneChatToolMode => null,
            null or AutoChatToolMode => all.Count == 0 ? null : new ToolSet(all, all, false, mayRepeat),
            RequiredChatToolMode required when required.RequiredFunctionName is { } name => new ToolSet(all, [Find(all, name)], true, options.AllowMultipleToolCalls ?? false),
            RequiredChatToolMode when all.Count > 0 => new ToolSet(all, all, true, mayRepeat),
            var mode => throw new InvalidOptionsException(nameof(options.ToolMode), mode.GetType().Name, "Auto or None where there are no Tools"),
        };
    }

    private static AIFunctionDeclaration Find(List<AIFunctionDeclaration> tools, string name) => tools.Find(tool => tool.Name == name)
        ?? throw new InvalidOptionsException(nameof(ChatOptions.ToolMode), $"a call of {name}", $"a call of one of the Tools: {string.Join(", ", tools.Select(tool => tool.Name))}");
}
