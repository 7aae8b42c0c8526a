// SPDX-License-Identifier: MIT
using System.Diagnostics;

namespace Phi4.Stranger;

/// <summary>Starts a web app on a free port, waits until it is ready, asks it and stops it.</summary>
internal static class WebAppCheck
{
    private const string Listening = "Now listening on: ";

    public static string Ask(Published program)
    {
        var start = new ProcessStartInfo(program.Path, ["--urls", "http://127.0.0.1:0"])
        {
            WorkingDirectory = program.Folder,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(Address(process)), Timeout = TimeSpan.FromSeconds(30) };
            Task drain = process.StandardOutput.ReadToEndAsync();
            WaitUntilReady(client);
            return client.GetStringAsync(new Uri("/ask?question=What%20is%2012%20%2B%2030%3F", UriKind.Relative)).GetAwaiter().GetResult();
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private static void WaitUntilReady(HttpClient client)
    {
        for (long begin = Stopwatch.GetTimestamp(); ; Thread.Sleep(50))
        {
            using HttpResponseMessage health = client.GetAsync(new Uri("/health", UriKind.Relative)).GetAwaiter().GetResult();
            if (health.IsSuccessStatusCode)
                return;
            if (Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(30))
                throw new InvalidOperationException($"after 30 s /health still answers {health.StatusCode}");
        }
    }

    private static string Address(Process process)
    {
        while (process.StandardOutput.ReadLine() is { } line)
        {
            int at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at >= 0)
                return line[(at + Listening.Length)..].Trim();
        }

        throw new InvalidOperationException("it ended before it listened");
    }
}
