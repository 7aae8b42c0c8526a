// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Phi4.Extensions.AI.Hosting;

namespace Phi4.Extensions.AI.Tests.Hosting;

/// <summary>An application with a hosted model, and what it logs.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private readonly IHost _host;
    private readonly Journal _log = new();

    public TestHost(Action<IServiceCollection> add, params (string Key, string Value)[] configuration)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(configuration.Select(pair => KeyValuePair.Create<string, string?>(pair.Key, pair.Value)));
        builder.Logging.AddProvider(_log);
        builder.Services.Configure<HostOptions>(options => options.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore);
        builder.Services.AddHealthChecks().AddPhi4();
        add(builder.Services);
        _host = builder.Build();
    }

    public IServiceProvider Services => _host.Services;

    public Phi4ModelHost Model => Services.GetRequiredService<Phi4ModelHost>();

    public IChatClient Chat => Services.GetRequiredService<IChatClient>();

    public IReadOnlyCollection<string> Lines => _log.Lines;

    public Task StartAsync() => _host.StartAsync();

    public Task StopAsync() => _host.StopAsync();

    public async Task<HealthReportEntry> HealthAsync() => (await Services.GetRequiredService<HealthCheckService>().CheckHealthAsync()).Entries["phi4"];

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await ((IAsyncDisposable)_host).DisposeAsync();
    }

    private sealed class Journal : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = [];

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue($"{logLevel}: {formatter(state, exception)}");

        public void Dispose()
        {
        }
    }
}
