// SPDX-License-Identifier: MIT
using Microsoft.Extensions.Options;

namespace Phi4.Extensions.AI.Hosting;

/// <summary>What can be said about options before a model is there; the rest is said while loading.</summary>
internal sealed class Phi4OptionsValidator(string name) : IValidateOptions<Phi4Options>
{
    private const int MostSequences = 1024;

    public ValidateOptionsResult Validate(string? which, Phi4Options options)
    {
        if (which != name)
        {
            return ValidateOptionsResult.Skip;
        }

        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(options.Model))
        {
            string section = name.Length == 0 ? Phi4OptionsReader.Section : $"{Phi4OptionsReader.Section}:{Phi4OptionsReader.Keyed}:{name}";
            problems.Add($"Model is not set: give a folder, a GGUF file or a name such as microsoft/phi-4, in code or as {section}:Model.");
        }

        AtLeast(problems, nameof(options.MaxWaitingRequests), options.MaxWaitingRequests, 0);
        AtLeast(problems, nameof(options.DrainTimeout), options.DrainTimeout.TotalSeconds, 0);
        AtLeast(problems, nameof(options.Load.DeviceIndex), options.Load.DeviceIndex, 0);
        AtLeast(problems, nameof(options.Load.ThreadCount), options.Load.ThreadCount ?? 1, 1);
        AtLeast(problems, nameof(options.Load.ContextLength), options.Load.ContextLength ?? 1, 1);
        AtLeast(problems, nameof(options.Load.CacheTokens), options.Load.CacheTokens ?? 1, 1);
        AtLeast(problems, nameof(options.Load.MaxStepTokens), options.Load.MaxStepTokens, 1);
        AtLeast(problems, nameof(options.Load.MaxSequences), options.Load.MaxSequences, 1);
        if (options.Load.MaxSequences > MostSequences)
        {
            problems.Add(FormattableString.Invariant($"MaxSequences is {options.Load.MaxSequences}; allowed: at most {MostSequences}."));
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static void AtLeast(List<string> problems, string option, double value, double least)
    {
        if (value < least)
        {
            problems.Add(FormattableString.Invariant($"{option} is {value}; allowed: at least {least}."));
        }
    }
}
