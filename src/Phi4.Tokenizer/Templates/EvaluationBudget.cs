// SPDX-License-Identifier: MIT
using System.Diagnostics;
using System.Globalization;

namespace Phi4.Tokenizer.Templates;

/// <summary>Counts the work of one rendering and stops it at the limits. Faults carry no place: the evaluator adds it.</summary>
internal sealed class EvaluationBudget(TemplateLimits limits)
{
    private const int WorkPerClockLook = 4096;

    private readonly long _started = Stopwatch.GetTimestamp();
    private long _work;
    private long _nextClockLook = WorkPerClockLook;

    public TemplateLimits Limits { get; } = limits;

    public void Charge(long work)
    {
        _work += work;
        if (_work > Limits.MaxWork)
        {
            throw new TemplateFault(
                ChatTemplateErrorKind.Limit, string.Create(CultureInfo.InvariantCulture, $"the template needs more than {Limits.MaxWork} units of work"));
        }

        if (_work >= _nextClockLook)
        {
            _nextClockLook = _work + WorkPerClockLook;
            if (Stopwatch.GetElapsedTime(_started) > Limits.MaxTime)
            {
                throw new TemplateFault(
                    ChatTemplateErrorKind.Limit,
                    string.Create(CultureInfo.InvariantCulture, $"the template ran longer than {Limits.MaxTime.TotalSeconds} s"));
            }
        }
    }

    public void ChargeText(long length, long total)
    {
        if (total > Limits.MaxTextLength)
        {
            throw new TemplateFault(
                ChatTemplateErrorKind.Limit,
                string.Create(CultureInfo.InvariantCulture, $"the template builds a text of more than {Limits.MaxTextLength} characters"));
        }

        Charge((length >> 4) + 1);
    }

    public void CheckNesting(int depth)
    {
        Charge(1);
        if (depth > Limits.MaxNesting)
        {
            throw new TemplateFault(
                ChatTemplateErrorKind.Limit, string.Create(CultureInfo.InvariantCulture, $"a value is nested more than {Limits.MaxNesting} deep"));
        }
    }
}
