// SPDX-License-Identifier: MIT
namespace Phi4.TestSupport;

/// <summary>Tests of which the usual run takes a slice, and a command of its own (make test-schemas) the whole.</summary>
public static class SlowRun
{
    /// <summary>1 for the whole.</summary>
    private const string SwitchVariable = "PHI4_SLOW_TESTS";

    /// <summary>A file that takes the lines that are to be read by people.</summary>
    private const string ReportVariable = "PHI4_TEST_REPORT";

    private static readonly bool IsWhole = Environment.GetEnvironmentVariable(SwitchVariable) == "1";

    public static int Count(int slice, int whole) => IsWhole ? whole : slice;

    public static void Report(string line)
    {
        if (Environment.GetEnvironmentVariable(ReportVariable) is { Length: > 0 } file)
        {
            File.AppendAllText(file, line + "\n");
        }
    }
}
